// Ranges may touch without being one, by less than a frame.
const gapMaxSeconds = 0.1;

type Ranges = Pick<TimeRanges, 'length' | 'start' | 'end'>;

// Until when playback can go on from `seconds` without fetching anything.
export function bufferedEndAt(ranges: Ranges, seconds: number): number {
  let end = seconds;
  for (let i = 0; i < ranges.length; i++) {
    if (ranges.start(i) <= end + gapMaxSeconds) end = Math.max(end, ranges.end(i));
  }
  return end;
}
