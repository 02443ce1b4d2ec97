// DASH by Shaka Player. The only file that knows Shaka.
import shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';
import type { Engine, EngineEvents } from './engine';
import { qualityChoices, trackOfHeight, type VariantTrack } from './quality';
import { criticalMessage, isBrokenConnection, type EngineError } from './shaka_errors';

shaka.polyfill.installAll();

// Beyond the retries of each request: about two minutes in all.
const reconnectsMax = 25;
const reconnectDelaySeconds = 1;
const retryParameters = { maxAttempts: 4, baseDelay: 500, backoffFactor: 2, timeout: 30_000 };

export class ShakaEngine implements Engine {
  private readonly player = new shaka.Player();
  private reconnects = 0;

  constructor(private readonly events: EngineEvents) {
    this.player.configure({
      manifest: { retryParameters },
      streaming: { bufferingGoal: 30, rebufferingGoal: 2, retryParameters },
      // No more pixels than the element has: they would only cost bandwidth.
      abr: { restrictToElementSize: true },
    });
    this.on('buffering', (event) => this.events.onBuffering(event.buffering === true));
    this.on('error', (event) => this.onError(event.detail));
    this.on('segmentappended', () => (this.reconnects = 0));
    for (const name of ['trackschanged', 'adaptation', 'variantchanged']) {
      this.on(name, () => this.events.onTracks());
    }
  }

  // The start has to be said: a growing manifest would otherwise begin at its live edge.
  async open(element: HTMLMediaElement, url: string, startSeconds: number): Promise<void> {
    try {
      await this.player.attach(element);
      await this.player.load(url, startSeconds);
      this.events.onTracks();
    } catch (error) {
      this.report(error as EngineError);
    }
  }

  choices() {
    return qualityChoices(this.tracks());
  }

  activeHeight(): number | null {
    return this.tracks().find(({ active }) => active)?.height ?? null;
  }

  choose(height: number | null): void {
    this.player.configure({ abr: { enabled: height === null } });
    if (height === null) return;
    const wanted = trackOfHeight(this.tracks(), height);
    const track = this.player.getVariantTracks().find(({ id }) => id === wanted?.id);
    // Dropping what is buffered makes the change visible at once.
    if (track) this.player.selectVariantTrack(track, true);
  }

  isGrowing(): boolean {
    return this.player.isInProgress();
  }

  // What can be fetched beforehand is, while the old one still plays.
  async reopen(beforeSwitch: () => void): Promise<void> {
    const element = this.player.getMediaElement();
    const url = this.player.getAssetUri();
    if (!element || url === null) return;
    try {
      const prepared = await this.player.preload(url, element.currentTime);
      await prepared?.waitForFinish();
      beforeSwitch();
      await this.player.load(prepared ?? url, element.currentTime);
      this.events.onTracks();
    } catch (error) {
      this.report(error as EngineError);
    }
  }

  async close(): Promise<void> {
    await this.player.destroy();
  }

  private tracks(): readonly VariantTrack[] {
    return this.player.getVariantTracks();
  }

  private onError(error: EngineError | undefined): void {
    if (error && isBrokenConnection(error) && this.reconnects < reconnectsMax) {
      this.reconnects += 1;
      // Otherwise the engine gives up films that are complete.
      error.handled = true;
      this.player.retryStreaming(reconnectDelaySeconds);
      return;
    }
    this.report(error);
  }

  private report(error: EngineError | undefined): void {
    const message = error ? criticalMessage(error) : null;
    if (message !== null) this.events.onError(message);
  }

  private on(name: string, listener: (event: EngineEvent) => void): void {
    this.player.addEventListener(name, (event) => listener(event as unknown as EngineEvent));
  }
}

interface EngineEvent {
  readonly buffering?: boolean;
  readonly detail?: EngineError;
}
