// Where videos were left, newest last, so that a reload continues there. Pure.

export interface Position {
  readonly id: string;
  readonly seconds: number;
  readonly at: number;
}
export type Positions = readonly Position[];
export const noPositions: Positions = [];

const positionsMax = 200;
// Nobody wants to resume a video they have just begun or practically finished.
const beginningSeconds = 5;
const endingSeconds = 10;

export function positionOf(positions: Positions, id: string): number {
  return positions.find((position) => position.id === id)?.seconds ?? 0;
}

export function withPosition(
  positions: Positions,
  { id, seconds, duration, at }: Position & { readonly duration: number },
): Positions {
  const others = positions.filter((position) => position.id !== id);
  if (seconds < beginningSeconds || seconds > duration - endingSeconds) return others;
  return [...others, { id, seconds, at }].slice(-positionsMax);
}

// The storage is the user's to edit: anything may stand in it.
export function parsePositions(text: string): Positions {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isPosition) : noPositions;
  } catch {
    return noPositions;
  }
}

function isPosition(value: unknown): value is Position {
  if (typeof value !== 'object' || value === null) return false;
  const { id, seconds } = value as Partial<Position>;
  return typeof id === 'string' && typeof seconds === 'number' && Number.isFinite(seconds);
}
