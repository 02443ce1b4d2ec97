// By how much a video's sound is turned up or down, so that one is as loud as the
// next. Pure.
import type { Loudness } from '../api/types';

// What streaming services agree on, more or less.
const targetLufs = -14;
// Room for what players and converters overshoot.
const peakMaxDbfs = -1;
// Very quiet recordings are mostly noise.
const boostMaxDb = 12;

// A factor; 1 where nothing is known.
export function loudnessGain(loudness: Loudness | null): number {
  if (!loudness) return 1;
  const wanted = Math.min(targetLufs - loudness.integrated_lufs, boostMaxDb);
  // Louder only as far as nothing is cut off.
  const room = Math.max(0, peakMaxDbfs - loudness.true_peak_dbfs);
  return 10 ** (Math.min(wanted, room) / 20);
}
