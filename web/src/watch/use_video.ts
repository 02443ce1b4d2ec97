import { useEffect, useState } from 'preact/hooks';
import type { ApiError } from '../api/problem';
import type { Video } from '../api/types';
import { catalog, fetchVideo, resyncCount } from '../store/store';

export type VideoLookup =
  | { readonly kind: 'loading' }
  | { readonly kind: 'found'; readonly video: Video }
  | { readonly kind: 'missing' }
  | { readonly kind: 'trouble'; readonly message: string; readonly retry: () => void };

// One video, kept up to date by the event stream.
export function useVideo(id: string): VideoLookup {
  const [error, setError] = useState<ApiError | null>(null);
  const resync = resyncCount.value;
  const load = () => void fetchVideo(id).then(setError);
  useEffect(load, [id, resync]);

  const { videos, deleted } = catalog.value;
  const video = videos.get(id);
  if (video) return { kind: 'found', video };
  if (deleted.has(id) || error?.status === 404) return { kind: 'missing' };
  if (error) return { kind: 'trouble', message: error.message, retry: load };
  return { kind: 'loading' };
}
