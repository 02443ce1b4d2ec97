// Which page a path names. Pure, so that the rules can be tested.
import type { VideoSort } from './api/types';

export type Route =
  | ({ readonly page: 'library' } & LibraryView)
  | { readonly page: 'upload' }
  | { readonly page: 'cluster' }
  | { readonly page: 'watch'; readonly id: string }
  | { readonly page: 'embed'; readonly id: string }
  | { readonly page: 'unknown' };

// What the library shows, and in what order.
export interface LibraryView {
  readonly query: string;
  readonly sort: VideoSort;
}

export const newestFirst: VideoSort = '-created';
const sorts: readonly VideoSort[] = ['-created', 'created', 'title', '-title', 'relevance'];

export function routeOf(url: URL): Route {
  const [first, second, ...rest] = url.pathname.split('/').filter(Boolean);
  if (rest.length > 0) return { page: 'unknown' };
  if (first === undefined) return { page: 'library', ...libraryViewOf(url.searchParams) };
  if (first === 'upload' && second === undefined) return { page: 'upload' };
  if (first === 'cluster' && second === undefined) return { page: 'cluster' };
  if (first === 'videos' && second !== undefined) return { page: 'watch', id: second };
  if (first === 'embed' && second !== undefined) return { page: 'embed', id: second };
  return { page: 'unknown' };
}

function libraryViewOf(parameters: URLSearchParams): LibraryView {
  const named = parameters.get('sort');
  const sort = sorts.find((known) => known === named) ?? newestFirst;
  return { query: parameters.get('q') ?? '', sort };
}

export function isSameView(a: LibraryView, b: LibraryView): boolean {
  return a.query === b.query && a.sort === b.sort;
}

export function searchPath({ query = '', sort = newestFirst }: Partial<LibraryView>): string {
  const parameters = new URLSearchParams();
  if (query) parameters.set('q', query);
  if (sort !== newestFirst) parameters.set('sort', sort);
  const text = parameters.toString();
  return text ? `/?${text}` : '/';
}

export function watchPath(id: string): string {
  return `/videos/${encodeURIComponent(id)}`;
}
