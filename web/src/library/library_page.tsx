import { useEffect, useRef, useState } from 'preact/hooks';
import type { Video } from '../api/types';
import { isSameView, type LibraryView } from '../routes';
import { libraryError, listing, loadingMore, loadLibrary, loadMore } from '../store/library';
import { catalog, resyncCount } from '../store/store';
import { count } from '../text/format';
import { usePageTitle } from '../ui/page_title';
import { DeleteDialog } from './delete_dialog';
import { EmptyLibrary, LibraryTrouble, NothingFound } from './library_messages';
import { SortMenu } from './sort_menu';
import { VideoCard } from './video_card';

export function LibraryPage({ view }: { view: LibraryView }) {
  const { query, sort } = view;
  const [doomed, setDoomed] = useState<Video | null>(null);
  const resync = resyncCount.value;
  usePageTitle(query ? `Search: ${query}` : null);
  useEffect(() => void loadLibrary(view), [query, sort, resync]);

  const shown = listing.value;
  const isStale = shown === null || !isSameView(shown.view, view);
  if (isStale && libraryError.value !== null) return <LibraryTrouble view={view} />;
  if (!shown) return <LoadingGrid />;
  const videos = shown.ids.flatMap((id) => catalog.value.videos.get(id) ?? []);
  if (videos.length === 0 && shown.next === null) {
    return shown.view.query ? <NothingFound query={shown.view.query} /> : <EmptyLibrary />;
  }
  return (
    <>
      <div class="page-head">
        <h1>{shown.view.query ? `Results for “${shown.view.query}”` : 'Library'}</h1>
        {shown.next === null && <p>{count(videos.length, 'video')}</p>}
        <SortMenu view={view} />
      </div>
      <ul class="grid" aria-busy={isStale}>
        {videos.map((video) => (
          <VideoCard key={video.id} video={video} onDelete={setDoomed} />
        ))}
      </ul>
      {shown.next !== null && <MoreButton />}
      {doomed && <DeleteDialog video={doomed} onClose={() => setDoomed(null)} />}
    </>
  );
}

// Pressed by itself when it comes into view, once: after an error a person has to.
function MoreButton() {
  const button = useRef<HTMLButtonElement>(null);
  const { value: error } = libraryError;
  const { value: loading } = loadingMore;
  useEffect(() => {
    if (!button.current || error !== null || loading) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) void loadMore();
    });
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [error, loading]);
  return (
    <div class="more">
      {error !== null && <p role="alert">{error}</p>}
      <button
        ref={button}
        class="button"
        type="button"
        disabled={loading}
        data-testid="more-button"
        onClick={() => void loadMore()}
      >
        {loading ? 'Loading …' : 'More'}
      </button>
    </div>
  );
}

// Shapes of cards, so that nothing moves when the list arrives.
function LoadingGrid() {
  return (
    <>
      <div class="page-head">
        <h1>Library</h1>
      </div>
      <ul class="grid" aria-busy="true" aria-label="Loading videos">
        {Array.from({ length: 8 }, (_, index) => (
          <li class="card skeleton" key={index}>
            <div class="thumb" />
            <div class="skeleton-line" />
          </li>
        ))}
      </ul>
    </>
  );
}
