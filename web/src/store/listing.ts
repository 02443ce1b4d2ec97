// Which videos the library shows, in which order, and where the next page begins.
//
// Values, like the catalog: each function returns a new listing.
import type { Video, VideoPage } from '../api/types';
import { newestFirst, type LibraryView } from '../routes';

export interface Listing {
  readonly view: LibraryView;
  // In the view's order, as the server lists them.
  readonly ids: readonly string[];
  readonly next: string | null;
}

export function firstPage(view: LibraryView, page: VideoPage): Listing {
  return { view, ids: page.items.map((video) => video.id), next: page.next };
}

// A video that arrived by event may come once more with its page.
export function withPage(listing: Listing, page: VideoPage): Listing {
  const known = new Set(listing.ids);
  const fresh = page.items.map((video) => video.id).filter((id) => !known.has(id));
  return { ...listing, ids: [...listing.ids, ...fresh], next: page.next };
}

// Puts a video that was announced by an event where the server would list it.
// One older than everything shown belongs to a page that was not asked for yet. Orders by
// anything but time are the server's business: there it comes with the next fetch.
export function withNewcomer(
  listing: Listing,
  video: Video,
  videos: ReadonlyMap<string, Video>,
): Listing {
  const { query, sort } = listing.view;
  if (sort !== newestFirst || listing.ids.includes(video.id) || !matches(query, video)) {
    return listing;
  }
  const index = listing.ids.findIndex((id) => {
    const other = videos.get(id);
    return other !== undefined && isNewer(video, other);
  });
  if (index === -1 && listing.next !== null) return listing;
  const at = index === -1 ? listing.ids.length : index;
  return { ...listing, ids: [...listing.ids.slice(0, at), video.id, ...listing.ids.slice(at)] };
}

function isNewer(a: Video, b: Video): boolean {
  return Date.parse(a.created_at) > Date.parse(b.created_at);
}

// As the server searches: all words are there, the last one as a beginning, without case and
// accents. It knows the file's name and more of scripts; what it would find comes with a fetch.
export function matches(query: string, video: Video): boolean {
  const wanted = wordsOf(query);
  const last = wanted.pop();
  if (last === undefined) return query.trim() === '';
  const words = wordsOf([video.title, video.description, ...video.tags].join(' '));
  return (
    wanted.every((word) => words.includes(word)) && words.some((word) => word.startsWith(last))
  );
}

function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}
