// Applies a video's loudness gain behind the element, so that the user's volume
// stays his own.
//
// The browser lets sound through an audio graph only after the user did
// something on the page; before that the element plays as it always does, and
// the graph is put in once it is allowed to run. Steps are ramps: no clicks.
import { effect, signal } from '@preact/signals';
import type { Video } from '../api/types';
import { recall, remember } from '../ui/local_storage';
import { loudnessGain } from './loudness';

const rampSeconds = 0.1;
const gestures = ['pointerdown', 'keydown'] as const;

export class LoudnessModel {
  readonly even = signal(recall('even-loudness') !== 'false');
  readonly known = signal(false);
  // The factor that is wanted; what is heard follows it.
  readonly gain = signal(1);

  private context: AudioContext | null = null;
  private node: GainNode | null = null;
  private readonly closing = new AbortController();

  constructor(private readonly element: HTMLVideoElement) {
    const until = { signal: this.closing.signal };
    for (const name of gestures) document.addEventListener(name, () => this.attach(), until);
    element.addEventListener('playing', () => this.attach(), until);
    const stop = effect(() => this.ramp(this.gain.value));
    until.signal.addEventListener('abort', stop);
  }

  update({ loudness }: Video): void {
    this.known.value = loudness !== null;
    this.gain.value = this.even.value ? loudnessGain(loudness) : 1;
    this.attach();
  }

  setEven(even: boolean, video: Video): void {
    this.even.value = even;
    remember('even-loudness', String(even));
    this.update(video);
  }

  close(): void {
    this.closing.abort();
    void this.context?.close();
  }

  // Only where it makes a difference, and only once.
  private attach(): void {
    if (this.context || this.gain.value === 1 || !navigator.userActivation.hasBeenActive) return;
    const context = new AudioContext();
    this.context = context;
    void context.resume().then(() => {
      if (this.closing.signal.aborted) return;
      this.node = context.createGain();
      context.createMediaElementSource(this.element).connect(this.node).connect(context.destination);
      this.ramp(this.gain.value);
    });
  }

  private ramp(gain: number): void {
    if (!this.node || !this.context) return;
    this.node.gain.setTargetAtTime(gain, this.context.currentTime, rampSeconds / 3);
  }
}
