// Captions on and off, in which language, and the text to show now.
//
// The browser would draw the cues under our control bar, so the tracks stay
// `hidden` (cues are tracked, not drawn) and we draw them ourselves.
import { computed, signal } from '@preact/signals';
import { recall, remember } from '../ui/local_storage';
import { preferredLanguage } from './caption_choice';

export class CaptionsModel {
  readonly tracks = signal<readonly TextTrack[]>([]);
  // As WebVTT writes it: for parseCueText().
  readonly text = signal('');
  readonly available = computed(() => this.tracks.value.length > 0);
  readonly shown = signal(recall('captions') === 'true');
  readonly language = signal<string | null>(recall('captions-language'));
  readonly active = computed(() => this.activeTrack());

  private readonly closing = new AbortController();

  constructor(private readonly element: HTMLVideoElement) {
    const until = { signal: this.closing.signal };
    const list = element.textTracks;
    list.addEventListener('addtrack', () => this.readTracks(), until);
    list.addEventListener('removetrack', () => this.readTracks(), until);
    this.readTracks();
  }

  toggle(): void {
    if (!this.available.value) return;
    this.show(!this.shown.value);
  }

  // Null turns them off.
  choose(language: string | null): void {
    if (language !== null) {
      this.language.value = language;
      remember('captions-language', language);
    }
    this.show(language !== null);
  }

  close(): void {
    this.closing.abort();
  }

  private show(shown: boolean): void {
    this.shown.value = shown;
    remember('captions', String(shown));
    this.applyModes();
  }

  // The engine adds tracks of its own for other purposes; ours are <track> elements.
  private readTracks(): void {
    const elements = Array.from(this.element.querySelectorAll('track'));
    this.tracks.value = elements.map(({ track }) => track);
    for (const track of this.tracks.value) {
      // Listening twice is listening once.
      track.addEventListener('cuechange', this.readCues, { signal: this.closing.signal });
    }
    this.applyModes();
  }

  private applyModes(): void {
    for (const track of this.tracks.value) {
      track.mode = track === this.active.value ? 'hidden' : 'disabled';
    }
    this.readCues();
  }

  private activeTrack(): TextTrack | undefined {
    if (!this.shown.value) return undefined;
    const languages = this.tracks.value.map(({ language }) => language);
    const wanted = preferredLanguage(languages, this.language.value, navigator.languages);
    return this.tracks.value.find(({ language }) => language === wanted);
  }

  private readonly readCues = () => {
    const cues = Array.from(this.active.value?.activeCues ?? []);
    this.text.value = cues.map((cue) => (cue instanceof VTTCue ? cue.text : '')).join('\n');
  };
}
