// HLS by the browser itself, for old iPhones that have no Media Source.
import type { Engine, EngineEvents } from './engine';

export class NativeEngine implements Engine {
  private readonly controller = new AbortController();

  constructor(
    private readonly element: HTMLMediaElement,
    private readonly events: EngineEvents,
  ) {
    const { signal } = this.controller;
    const setBuffering = (buffering: boolean) => () => this.events.onBuffering(buffering);
    element.addEventListener('waiting', setBuffering(true), { signal });
    element.addEventListener('playing', setBuffering(false), { signal });
    element.addEventListener('canplay', setBuffering(false), { signal });
    element.addEventListener('error', () => this.report(), { signal });
  }

  open(url: string, startSeconds: number): void {
    const { signal } = this.controller;
    const seek = () => {
      if (startSeconds > 0) this.element.currentTime = startSeconds;
    };
    this.element.addEventListener('loadedmetadata', seek, { once: true, signal });
    this.element.src = url;
    this.element.load();
  }

  choices() {
    return [];
  }

  activeHeight(): null {
    return null;
  }

  choose(): void {
    // The browser alone decides which rendition it plays.
  }

  // An EVENT playlist has no end yet.
  isGrowing(): boolean {
    return this.element.duration === Number.POSITIVE_INFINITY;
  }

  reopen(): Promise<void> {
    // The browser reads playlists again by itself, and there is no choice to offer.
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.controller.abort();
    this.element.removeAttribute('src');
    this.element.load();
    return Promise.resolve();
  }

  private report(): void {
    const code = this.element.error?.code ?? 0;
    this.events.onError(
      code === MediaError.MEDIA_ERR_NETWORK
        ? 'The connection to the server was lost.'
        : 'This browser cannot play the format of this video.',
    );
  }
}
