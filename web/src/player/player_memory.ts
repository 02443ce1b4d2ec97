// What the player remembers on this device: loudness, speed, and where each video stopped.
import { recall, remember } from '../ui/local_storage';
import {
  noPositions,
  parsePositions,
  positionOf,
  withPosition,
  type Positions,
} from './positions';

export interface Loudness {
  readonly volume: number;
  readonly muted: boolean;
}

export function recallLoudness(): Loudness {
  const volume = Number(recall('volume') ?? 1);
  return { volume: volume >= 0 && volume <= 1 ? volume : 1, muted: recall('muted') === 'true' };
}

export function rememberLoudness({ volume, muted }: Loudness): void {
  remember('volume', String(volume));
  remember('muted', String(muted));
}

export function recallRate(): number {
  const rate = Number(recall('rate') ?? 1);
  return rate >= 0.25 && rate <= 4 ? rate : 1;
}

export function rememberRate(rate: number): void {
  remember('rate', String(rate));
}

export function recallPosition(id: string): number {
  return positionOf(storedPositions(), id);
}

export function rememberPosition(id: string, seconds: number, duration: number): void {
  const positions = withPosition(storedPositions(), { id, seconds, duration, at: Date.now() });
  remember('positions', JSON.stringify(positions));
}

function storedPositions(): Positions {
  const stored = recall('positions');
  return stored === null ? noPositions : parsePositions(stored);
}
