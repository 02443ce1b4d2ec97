// Where the picture is: in the page, wide, full screen, or in a little window.
import { signal } from '@preact/signals';

// iPhones can only make the <video> itself full screen.
interface AppleVideo {
  webkitEnterFullscreen?: () => void;
}

export class ScreenModel {
  readonly fullscreen = signal(false);
  readonly helpOpen = signal(false);
  readonly canPictureInPicture = document.pictureInPictureEnabled;

  private readonly closing = new AbortController();

  constructor(
    private readonly box: HTMLElement,
    private readonly element: HTMLVideoElement & AppleVideo,
  ) {
    const read = () => {
      this.fullscreen.value = document.fullscreenElement === this.box;
    };
    document.addEventListener('fullscreenchange', read, { signal: this.closing.signal });
  }

  toggleFullscreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (document.fullscreenEnabled) void this.box.requestFullscreen().catch(ignoreRefusal);
    else this.element.webkitEnterFullscreen?.();
  }

  togglePictureInPicture(): void {
    if (document.pictureInPictureElement) void document.exitPictureInPicture();
    else void this.element.requestPictureInPicture().catch(ignoreRefusal);
  }

  // The page around the player reads this, by CSS.
  toggleTheatre(): void {
    document.documentElement.toggleAttribute('data-theatre');
  }

  close(): void {
    this.closing.abort();
    document.documentElement.removeAttribute('data-theatre');
  }
}

function ignoreRefusal(): void {
  // The browser may say no (an iframe without permission); the picture just stays.
}
