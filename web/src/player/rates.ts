// The speeds the menu offers, and stepping through them by key. Pure.

export const rates: readonly number[] = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 3];

export function steppedRate(rate: number, direction: 1 | -1): number {
  const candidates = direction === 1 ? rates : [...rates].reverse();
  return candidates.find((candidate) => (candidate - rate) * direction > 0) ?? rate;
}

export function rateLabel(rate: number): string {
  return rate === 1 ? 'Normal' : `${rate}×`;
}
