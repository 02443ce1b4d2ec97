import type { VideoSort } from '../api/types';
import { navigate } from '../router';
import { searchPath, type LibraryView } from '../routes';

const names: readonly (readonly [VideoSort, string])[] = [
  ['-created', 'Newest first'],
  ['created', 'Oldest first'],
  ['title', 'Title A–Z'],
  ['-title', 'Title Z–A'],
];
const searchNames = [...names, ['relevance', 'Best match'] as const];

export function SortMenu({ view }: { view: LibraryView }) {
  const choose = (event: Event) => {
    const sort = (event.currentTarget as HTMLSelectElement).value as VideoSort;
    navigate(searchPath({ ...view, sort }));
  };
  return (
    <select class="sort-menu" aria-label="Order" data-testid="sort-menu" value={view.sort} onChange={choose}>
      {(view.query ? searchNames : names).map(([sort, name]) => (
        <option key={sort} value={sort}>
          {name}
        </option>
      ))}
    </select>
  );
}
