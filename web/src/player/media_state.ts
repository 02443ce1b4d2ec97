// The <video> element's state as signals.
import { signal } from '@preact/signals';
import { bufferedEndAt } from './buffered';

const elementEvents = [
  'timeupdate',
  'progress',
  'play',
  'playing',
  'pause',
  'ended',
  'seeking',
  'seeked',
  'volumechange',
  'durationchange',
  'loadedmetadata',
  'emptied',
] as const;

export class MediaState {
  readonly paused = signal(true);
  readonly ended = signal(false);
  readonly seconds = signal(0);
  readonly duration = signal(0);
  readonly bufferedEnd = signal(0);
  readonly volume = signal(1);
  readonly muted = signal(false);
  // The first frame was played: until then the big play button invites.
  readonly begun = signal(false);

  constructor(
    private readonly element: HTMLVideoElement,
    private knownDuration: number | null,
  ) {
    this.read();
  }

  listen(signal: AbortSignal): void {
    const read = () => this.read();
    elementEvents.forEach((name) => this.element.addEventListener(name, read, { signal }));
  }

  // The server learns the duration while the file is still arriving.
  setKnownDuration(seconds: number | null): void {
    this.knownDuration = seconds;
    this.read();
  }

  // A growing presentation may have an endless duration; then what can be sought counts.
  private readDuration(): number {
    const { duration, seekable } = this.element;
    if (Number.isFinite(duration)) return duration;
    if (this.knownDuration !== null) return this.knownDuration;
    return seekable.length > 0 ? seekable.end(seekable.length - 1) : 0;
  }

  // Playback rate is missing on purpose: Shaka sets it to 0 while it buffers.
  private read(): void {
    const { element } = this;
    this.paused.value = element.paused;
    this.ended.value = element.ended;
    this.seconds.value = element.currentTime;
    this.duration.value = this.readDuration();
    this.bufferedEnd.value = bufferedEndAt(element.buffered, element.currentTime);
    this.volume.value = element.volume;
    this.muted.value = element.muted;
    if (!element.paused) this.begun.value = true;
  }
}
