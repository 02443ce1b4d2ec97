import type { LibraryView } from '../routes';
import { libraryError, loadLibrary } from '../store/library';
import { Message } from '../ui/message';

export function EmptyLibrary() {
  return (
    <Message icon="film" title="Your library is empty">
      <p>Drop video files anywhere on this page, or choose them on the upload page.</p>
      <a class="button primary" href="/upload">
        Upload videos
      </a>
    </Message>
  );
}

export function NothingFound({ query }: { query: string }) {
  return (
    <Message icon="search" title={`Nothing found for “${query}”`}>
      <p>Try fewer or different words; case and accents do not matter.</p>
      <a class="button" href="/">
        Show all videos
      </a>
    </Message>
  );
}

export function LibraryTrouble({ view }: { view: LibraryView }) {
  return (
    <Message icon="warning" title="The library could not be loaded">
      <p role="alert">{libraryError.value}</p>
      <button class="button primary" type="button" onClick={() => void loadLibrary(view)}>
        Try again
      </button>
    </Message>
  );
}
