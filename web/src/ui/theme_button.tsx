import { signal } from '@preact/signals';
import { Icon, type IconName } from './icon';
import { applyTheme, rememberedTheme, rememberTheme, themes, type Theme } from './theme_choice';

const theme = signal<Theme>(rememberedTheme());

const icons: Record<Theme, IconName> = { auto: 'auto', light: 'sun', dark: 'moon' };

// One button that goes round: system, light, dark.
export function ThemeButton() {
  const next = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? 'auto';
  const label = `Theme: ${theme.value}. Switch to ${next}`;
  const choose = () => {
    theme.value = next;
    applyTheme(next);
    rememberTheme(next);
  };
  return (
    <button class="icon-button" type="button" aria-label={label} title={label} onClick={choose}>
      <Icon name={icons[theme.value]} />
    </button>
  );
}
