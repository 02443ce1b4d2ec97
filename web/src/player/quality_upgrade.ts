// Renditions that became ready after playback began.
//
// Shaka follows a growing manifest, but keeps to the renditions of the first one it
// saw (measured with 5.2). The new ones need another load, which interrupts the sound
// for a moment. Pure.
import type { Rendition } from '../api/types';
import { qualityChoices, type QualityChoice } from './quality';

// `tried` are heights that a load was made for already: should the manifest be without
// them even so, loading again and again would not bring them.
export function newHeights(
  renditions: readonly Rendition[],
  offered: readonly QualityChoice[],
  tried: ReadonlySet<number>,
): readonly number[] {
  const heights = renditions.flatMap(({ kind, state, height }) =>
    kind === 'video' && state === 'ready' && height !== null ? [height] : [],
  );
  const isOffered = (height: number) => offered.some((choice) => choice.height === height);
  return [...new Set(heights)].filter((height) => !isOffered(height) && !tried.has(height));
}

// What the menu offers: the new ones too, which are fetched when they are asked for.
export function allChoices(
  renditions: readonly Rendition[],
  offered: readonly QualityChoice[],
  tried: ReadonlySet<number>,
): readonly QualityChoice[] {
  const added = newHeights(renditions, offered, tried);
  const pictures = renditions.filter(({ height }) => height !== null && added.includes(height));
  const choices = [...offered, ...qualityChoices(pictures)];
  return choices.sort((a, b) => b.height - a.height);
}

// A better picture is worth a short interruption; more choice below it can wait for a pause.
export function isWorthInterrupting(
  heights: readonly number[],
  offered: readonly QualityChoice[],
): boolean {
  return Math.max(...heights) > Math.max(...offered.map(({ height }) => height));
}
