// What the player needs from whatever feeds the <video> element.
import type { QualityChoice } from './quality';

export interface Engine {
  // Empty when there is nothing to choose from.
  choices(): readonly QualityChoice[];
  // The height being fetched now; null when unknown.
  activeHeight(): number | null;
  // Null gives the choice back to the engine.
  choose(height: number | null): void;
  // More than is there now will come.
  isGrowing(): boolean;
  // The same presentation anew, at the same place, because it has more to choose from.
  // The old one plays on until `beforeSwitch` is called.
  reopen(beforeSwitch: () => void): Promise<void>;
  close(): Promise<void>;
}

export interface EngineEvents {
  readonly onBuffering: (buffering: boolean) => void;
  readonly onTracks: () => void;
  readonly onError: (message: string) => void;
}

export interface EngineSource {
  readonly kind: 'dash' | 'hls';
  readonly url: string;
}

interface Urls {
  readonly dash: string | null;
  readonly hls: string | null;
}

// `canPlayType` is no help: Chromium claims HLS and cannot be trusted with it.
export function hasMediaSource(): boolean {
  return 'MediaSource' in window || 'ManagedMediaSource' in window;
}

export function chooseSource(urls: Urls, mediaSource: boolean): EngineSource | null {
  if (mediaSource && urls.dash !== null) return { kind: 'dash', url: urls.dash };
  if (urls.hls !== null) return { kind: 'hls', url: urls.hls };
  return null;
}
