// The remembered theme. Kept apart from the button, because it also runs before the page.
import { recall, remember } from './local_storage';

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

const key = 'theme';

export function rememberedTheme(): Theme {
  const stored = recall(key);
  return themes.find((theme) => theme === stored) ?? 'auto';
}

export function rememberTheme(theme: Theme): void {
  remember(key, theme);
}

// `auto` leaves the choice to the system, by `color-scheme: light dark`.
export function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
