import { ClusterPage } from './cluster/cluster_page';
import { LibraryPage } from './library/library_page';
import { route } from './router';
import { Header } from './ui/header';
import { Message } from './ui/message';
import { DropOverlay } from './upload/drop_overlay';
import { UploadPage } from './upload/upload_page';
import { EmbedPage } from './watch/embed_page';
import { WatchPage } from './watch/watch_page';

export function App() {
  if (route.value.page === 'embed') return <EmbedPage id={route.value.id} />;
  return (
    <>
      <a class="skip-link" href="#main">
        Skip to content
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        <Page />
      </main>
      <DropOverlay />
    </>
  );
}

function Page() {
  const current = route.value;
  switch (current.page) {
    case 'library':
      return <LibraryPage view={current} />;
    case 'upload':
      return <UploadPage />;
    case 'cluster':
      return <ClusterPage />;
    case 'watch':
      // The key starts a fresh page, and player, for another video.
      return <WatchPage key={current.id} id={current.id} />;
    case 'embed':
    case 'unknown':
      return <NotFound />;
  }
}

function NotFound() {
  return (
    <Message icon="search" title="There is nothing here">
      <p>The address may be mistyped, or the page has moved.</p>
      <a class="button primary" href="/">
        Go to the library
      </a>
    </Message>
  );
}
