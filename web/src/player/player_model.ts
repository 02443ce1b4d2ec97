// One playback: the <video> element, the engine that feeds it, and what the user wants.
//
// Components read signals and call methods; nothing else touches the element.
// Lifetime: open() once, close() once; a closed model ignores everything.
import { signal } from '@preact/signals';
import type { Video } from '../api/types';
import { chooseSource, hasMediaSource, type Engine, type EngineEvents } from './engine';
import { FrozenPicture } from './frozen_picture';
import { MediaState } from './media_state';
import { NativeEngine } from './native_engine';
import {
  recallLoudness,
  recallPosition,
  recallRate,
  rememberLoudness,
  rememberPosition,
  rememberRate,
} from './player_memory';
import type { QualityChoice } from './quality';
import { allChoices, isWorthInterrupting, newHeights } from './quality_upgrade';
import { steppedRate } from './rates';
import { ShakaEngine } from './shaka_engine';

const rememberEveryMs = 3000;
const assumedFrameRate = 30;

export interface ModelOptions {
  readonly autoplay: boolean;
}

export class PlayerModel {
  readonly media: MediaState;
  readonly buffering = signal(true);
  // What is to be played has not come into being yet, however good the network is.
  readonly starved = signal(false);
  readonly error = signal<string | null>(null);
  // Some of them may need the presentation to be opened again: `offered` are without.
  readonly choices = signal<readonly QualityChoice[]>([]);
  readonly chosenHeight = signal<number | null>(null);
  readonly activeHeight = signal<number | null>(null);
  // The rate the user wants. The element's own is 0 while Shaka buffers: never read it.
  readonly rate = signal(recallRate());
  // Sound was refused by the browser's autoplay rules, not by the user.
  readonly mutedForAutoplay = signal(false);

  private engine: Engine | null = null;
  private offered: readonly QualityChoice[] = [];
  private renewing = false;
  private readonly frozen: FrozenPicture;
  private readonly triedHeights = new Set<number>();
  private readonly closing = new AbortController();

  constructor(
    private readonly element: HTMLVideoElement,
    private video: Video,
    private readonly options: ModelOptions,
  ) {
    const loudness = recallLoudness();
    element.volume = loudness.volume;
    element.muted = loudness.muted;
    this.media = new MediaState(element, video.duration_seconds);
    this.frozen = new FrozenPicture(element);
  }

  open(): void {
    const { signal } = this.closing;
    this.media.listen(signal);
    const timer = window.setInterval(() => this.rememberPosition(), rememberEveryMs);
    signal.addEventListener('abort', () => window.clearInterval(timer));
    this.element.addEventListener('pause', () => this.onPause(), { signal });
    window.addEventListener('pagehide', () => this.rememberPosition(), { signal });
    void this.load(recallPosition(this.video.id), this.options.autoplay);
  }

  // The same video, as the server sees it now. The playback is not disturbed.
  update(video: Video): void {
    this.video = video;
    this.media.setKnownDuration(video.duration_seconds);
    this.readTracks();
    this.takeNewQualities();
  }

  close(): void {
    this.rememberPosition();
    this.closing.abort();
    void this.engine?.close();
  }

  // After an error: once more, from where it stopped.
  async retry(): Promise<void> {
    this.error.value = null;
    const stoppedAt = this.media.seconds.value;
    await this.engine?.close();
    await this.load(stoppedAt, true);
  }

  togglePlay(): void {
    if (this.element.paused) void this.play();
    else this.element.pause();
  }

  seekTo(seconds: number): void {
    const end = this.media.duration.value;
    this.element.currentTime = Math.min(Math.max(0, seconds), end > 0 ? end : seconds);
  }

  playFrom(seconds: number): void {
    this.seekTo(seconds);
    if (this.element.paused) void this.play();
  }

  seekBy(seconds: number): void {
    this.seekTo(this.element.currentTime + seconds);
  }

  stepFrame(direction: 1 | -1): void {
    this.element.pause();
    this.seekBy(direction / (this.video.frame_rate ?? assumedFrameRate));
  }

  setRate(rate: number): void {
    this.rate.value = rate;
    this.applyRate();
    rememberRate(rate);
  }

  stepRate(direction: 1 | -1): void {
    this.setRate(steppedRate(this.rate.value, direction));
  }

  setVolume(volume: number): void {
    this.element.volume = Math.min(1, Math.max(0, volume));
    this.element.muted = this.element.volume === 0;
    this.loudnessWasChosen();
  }

  toggleMute(): void {
    this.element.muted = !this.element.muted;
    // Unmuting at volume 0 would look like a broken button.
    if (!this.element.muted && this.element.volume === 0) this.element.volume = 0.5;
    this.loudnessWasChosen();
  }

  chooseQuality(height: number | null): void {
    this.chosenHeight.value = height;
    const isOffered = this.offered.some((choice) => choice.height === height);
    if (height === null || isOffered) this.engine?.choose(height);
    else void this.renew();
  }

  private async load(startSeconds: number, play: boolean): Promise<void> {
    if (this.isClosed()) return;
    const source = chooseSource(this.video.urls, hasMediaSource());
    if (!source) {
      this.error.value = 'This video has no format that this browser can play.';
      return;
    }
    this.buffering.value = true;
    if (source.kind === 'dash') {
      const engine = new ShakaEngine(this.engineEvents());
      this.engine = engine;
      await engine.open(this.element, source.url, startSeconds);
    } else {
      const engine = new NativeEngine(this.element, this.engineEvents());
      this.engine = engine;
      engine.open(source.url, startSeconds);
    }
    if (this.isClosed() || this.error.value !== null) return;
    if (this.chosenHeight.value !== null) this.engine.choose(this.chosenHeight.value);
    this.applyRate();
    if (play) await this.play();
  }

  // The presentation of now, at the same place: it has qualities that the one of then had not.
  private async renew(): Promise<void> {
    if (!this.engine || this.renewing || this.isClosed()) return;
    this.renewing = true;
    const tried = newHeights(this.video.renditions, this.offered, this.triedHeights);
    tried.forEach((height) => this.triedHeights.add(height));
    const atSwitch = { playing: false };
    await this.engine.reopen(() => {
      atSwitch.playing = !this.element.paused;
      this.frozen.freeze();
    });
    this.renewing = false;
    if (this.isClosed()) return;
    this.frozen.thawAtNextPicture();
    if (this.error.value !== null) return;
    if (this.chosenHeight.value !== null) this.engine.choose(this.chosenHeight.value);
    this.applyRate();
    if (atSwitch.playing) await this.play();
  }

  private onPause(): void {
    this.rememberPosition();
    this.takeNewQualities();
  }

  // At once, when it does not disturb or is worth it.
  private takeNewQualities(): void {
    // Still loading, sound only, or over: nothing to gain.
    if (this.offered.length === 0 || this.element.ended) return;
    const heights = newHeights(this.video.renditions, this.offered, this.triedHeights);
    if (heights.length === 0) return;
    const stands = this.element.paused || this.buffering.value;
    if (stands || isWorthInterrupting(heights, this.offered)) void this.renew();
  }

  private isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  private engineEvents(): EngineEvents {
    return {
      onBuffering: (buffering) => {
        this.buffering.value = buffering;
        this.starved.value = buffering && this.engine?.isGrowing() === true;
        if (buffering) this.takeNewQualities();
      },
      onTracks: () => this.readTracks(),
      onError: (message) => {
        this.error.value = message;
      },
    };
  }

  private readTracks(): void {
    this.offered = this.engine?.choices() ?? [];
    this.choices.value =
      this.offered.length === 0
        ? []
        : allChoices(this.video.renditions, this.offered, this.triedHeights);
    this.activeHeight.value = this.engine?.activeHeight() ?? null;
  }

  // Browsers refuse sound before the user did something on the page: then start silent.
  private async play(): Promise<void> {
    try {
      await this.element.play();
    } catch (error) {
      const refused = error instanceof DOMException && error.name === 'NotAllowedError';
      if (!refused || this.element.muted || this.isClosed()) return;
      this.element.muted = true;
      this.mutedForAutoplay.value = true;
      await this.element.play().catch(() => {
        // Refused even so: the big play button is still there.
        this.element.muted = recallLoudness().muted;
        this.mutedForAutoplay.value = false;
      });
    }
  }

  private applyRate(): void {
    this.element.defaultPlaybackRate = this.rate.value;
    this.element.playbackRate = this.rate.value;
  }

  private loudnessWasChosen(): void {
    this.mutedForAutoplay.value = false;
    rememberLoudness({ volume: this.element.volume, muted: this.element.muted });
  }

  private rememberPosition(): void {
    if (!this.media.begun.value || this.isClosed()) return;
    const { seconds, duration, ended } = this.media;
    rememberPosition(this.video.id, ended.value ? 0 : seconds.value, duration.value);
  }
}
