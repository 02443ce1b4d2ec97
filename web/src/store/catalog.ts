// Everything the page knows about videos, from fetches and from events.
//
// A fetch that was under way while an event came in may carry the older state. So
// every event stamps its video with a tick, and a fetched video counts only when
// nothing was heard of it since the fetch began.
//
// Values: each function returns a new catalog and leaves the old one alone.
import type { Video } from '../api/types';

export interface Catalog {
  readonly videos: ReadonlyMap<string, Video>;
  readonly deleted: ReadonlySet<string>;
  readonly tick: number;
  readonly heardAt: ReadonlyMap<string, number>;
}

export const emptyCatalog: Catalog = {
  videos: new Map(),
  deleted: new Set(),
  tick: 0,
  heardAt: new Map(),
};

export function withEvent(catalog: Catalog, video: Video): Catalog {
  // Ids are never used twice, so this is a late echo of a deleted video.
  if (catalog.deleted.has(video.id)) return catalog;
  const tick = catalog.tick + 1;
  return {
    ...catalog,
    tick,
    videos: new Map(catalog.videos).set(video.id, video),
    heardAt: new Map(catalog.heardAt).set(video.id, tick),
  };
}

export function withDeleted(catalog: Catalog, id: string): Catalog {
  const videos = new Map(catalog.videos);
  videos.delete(id);
  return { ...catalog, videos, deleted: new Set(catalog.deleted).add(id) };
}

// `fetchedSince` is the catalog's tick at the moment the fetch began.
export function withFetched(
  catalog: Catalog,
  fetched: readonly Video[],
  fetchedSince: number,
): Catalog {
  const videos = new Map(catalog.videos);
  for (const video of fetched) {
    const heardAt = catalog.heardAt.get(video.id) ?? 0;
    if (heardAt <= fetchedSince && !catalog.deleted.has(video.id)) videos.set(video.id, video);
  }
  return { ...catalog, videos };
}
