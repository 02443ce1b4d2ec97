// Navigation without reloading: the address bar as a signal.
import { computed, signal } from '@preact/signals';
import { routeOf } from './routes';

const address = signal(location.href);
export const route = computed(() => routeOf(new URL(address.value)));

export function navigate(path: string): void {
  history.pushState(null, '', path);
  address.value = location.href;
  window.scrollTo(0, 0);
}

// For addresses that change while typing: one history entry, no jump to the top.
export function replaceAddress(path: string): void {
  history.replaceState(null, '', path);
  address.value = location.href;
}

export function startRouter(): void {
  window.addEventListener('popstate', () => {
    address.value = location.href;
  });
  document.addEventListener('click', followLink);
}

// Plain clicks on our own links stay in the page; everything else is the browser's.
function followLink(event: MouseEvent): void {
  const hasModifier = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (event.defaultPrevented || event.button !== 0 || hasModifier) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target || link.hasAttribute('download')) return;
  if (link.origin !== location.origin || routeOf(new URL(link.href)).page === 'unknown') return;
  event.preventDefault();
  navigate(link.href);
  // As a page load would: screen readers and Tab start at the new page's beginning.
  document.getElementById('main')?.focus({ preventScroll: true });
}
