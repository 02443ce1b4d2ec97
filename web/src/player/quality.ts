// What the quality menu offers, from the tracks the engine has. Pure.

interface Picture {
  readonly width: number | null;
  readonly height: number | null;
  readonly frameRate?: number | null;
}

export interface VariantTrack extends Picture {
  readonly id: number;
  readonly active: boolean;
  readonly bandwidth: number;
  readonly audioId: number | null;
}

export interface QualityChoice {
  readonly height: number;
  readonly label: string;
}

// From this frame rate on, motion is visibly smoother and worth a mention.
const highFrameRate = 40;

// One choice per height, the best first.
export function qualityChoices(tracks: readonly Picture[]): readonly QualityChoice[] {
  const choices = new Map<number, QualityChoice>();
  for (const track of tracks) {
    if (track.height === null || choices.has(track.height)) continue;
    choices.set(track.height, { height: track.height, label: qualityLabel(track) });
  }
  return [...choices.values()].sort((a, b) => b.height - a.height);
}

// Named after the shorter side, so that an upright 720 x 1280 video is "720p" too.
function qualityLabel({ width, height, frameRate = null }: Picture): string {
  const shortSide = Math.min(width ?? Number.POSITIVE_INFINITY, height ?? 0);
  const fast = frameRate !== null && frameRate >= highFrameRate;
  return `${shortSide}p${fast ? Math.round(frameRate) : ''}`;
}

// The best track of that height, with the sound that plays now if possible.
export function trackOfHeight(
  tracks: readonly VariantTrack[],
  height: number,
): VariantTrack | undefined {
  const audioId = tracks.find(({ active }) => active)?.audioId;
  const rank = (track: VariantTrack) =>
    (track.audioId === audioId ? Number.MAX_SAFE_INTEGER / 2 : 0) + track.bandwidth;
  return tracks
    .filter((track) => track.height === height)
    .sort((a, b) => rank(b) - rank(a))[0];
}

// What stands on the quality button.
export function currentQualityLabel(
  choices: readonly QualityChoice[],
  chosenHeight: number | null,
  activeHeight: number | null,
): string {
  const label = (height: number | null) => choices.find((c) => c.height === height)?.label;
  return label(chosenHeight) ?? label(activeHeight) ?? 'Auto';
}
