// What the library page shows: a listing, and how fetching it is going.
import { signal } from '@preact/signals';
import { messageOf } from '../api/client';
import { isSameView, type LibraryView } from '../routes';
import { firstPage, withNewcomer, withPage, type Listing } from './listing';
import { catalog, fetchPage, onVideoEvent } from './store';

const pageSize = 24;
const refreshSizeMax = 100;

export const listing = signal<Listing | null>(null);
export const libraryError = signal<string | null>(null);
export const loadingMore = signal(false);

// Only the newest request may answer: typing in the search box starts many.
let newestRequest = 0;

export async function loadLibrary(view: LibraryView): Promise<void> {
  const request = ++newestRequest;
  const shown = listing.value;
  const refreshes = shown !== null && isSameView(shown.view, view);
  // What is shown stays until the answer comes, or typing a search would flicker.
  // A refresh shows as much as before, so that nothing jumps away while reading.
  const limit = refreshes ? clamp(shown.ids.length, pageSize, refreshSizeMax) : pageSize;
  try {
    const page = await fetchPage({ ...view, cursor: null, limit });
    if (request !== newestRequest) return;
    listing.value = firstPage(view, page);
    libraryError.value = null;
  } catch (error) {
    if (request === newestRequest) libraryError.value = messageOf(error);
  }
}

export async function loadMore(): Promise<void> {
  const before = listing.value;
  if (!before?.next || loadingMore.value) return;
  loadingMore.value = true;
  const request = newestRequest;
  try {
    const page = await fetchPage({ ...before.view, cursor: before.next, limit: pageSize });
    if (request === newestRequest) listing.value = withPage(listing.value ?? before, page);
    libraryError.value = null;
  } catch (error) {
    libraryError.value = messageOf(error);
  } finally {
    loadingMore.value = false;
  }
}

onVideoEvent((video) => {
  if (listing.value) {
    listing.value = withNewcomer(listing.value, video, catalog.value.videos);
  }
});

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
