import { Icon } from './icon';
import { SearchBox } from './search_box';
import { ThemeButton } from './theme_button';

export function Header() {
  return (
    <header class="site-header">
      <a class="logo" href="/" aria-label="TritonTube, library">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M16 26V7M8 8v4.5a8 8 0 0 0 16 0V8" />
        </svg>
        <span class="logo-text">TritonTube</span>
      </a>
      <SearchBox />
      <ThemeButton />
      <a class="button primary upload-link" href="/upload">
        <Icon name="upload" />
        <span>Upload</span>
      </a>
    </header>
  );
}
