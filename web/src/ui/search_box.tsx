import { useEffect, useRef } from 'preact/hooks';
import { navigate, replaceAddress, route } from '../router';
import { newestFirst, searchPath } from '../routes';
import { Icon } from './icon';
import { isTyping } from './is_typing';

const typingPauseMs = 250;

// Searches while typing when the library is open, otherwise on Enter.
export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<number | undefined>(undefined);
  const query = route.value.page === 'library' ? route.value.query : '';
  // The order stays while the words change.
  const pathOfBox = () => {
    const sort = route.value.page === 'library' ? route.value.sort : newestFirst;
    return searchPath({ query: input.current?.value.trim() ?? '', sort });
  };

  // The box follows the address (back button, logo), but never under the typist's hands.
  useEffect(() => {
    const box = input.current;
    if (box && document.activeElement !== box) box.value = query;
  }, [query]);
  useEffect(() => focusOnSlash(() => input.current?.focus()), []);

  const searchSoon = () => {
    window.clearTimeout(timer.current);
    if (route.value.page !== 'library') return;
    timer.current = window.setTimeout(() => {
      replaceAddress(pathOfBox());
    }, typingPauseMs);
  };
  const searchNow = (event: Event) => {
    event.preventDefault();
    window.clearTimeout(timer.current);
    navigate(pathOfBox());
  };
  return (
    <form class="search-box" role="search" onSubmit={searchNow}>
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        placeholder="Search"
        aria-label="Search videos"
        autocomplete="off"
        onInput={searchSoon}
      />
    </form>
  );
}

function focusOnSlash(focus: () => void): () => void {
  const onKeyDown = (event: KeyboardEvent) => {
    const hasModifier = event.ctrlKey || event.altKey || event.metaKey;
    if (event.key !== '/' || hasModifier || isTyping(event.target)) return;
    event.preventDefault();
    focus();
  };
  document.addEventListener('keydown', onKeyDown);
  return () => document.removeEventListener('keydown', onKeyDown);
}
