// Sets of bytes of a file. Values: functions return new lists.

// `end` is the first byte that is not in it any more.
export interface ByteRange {
  readonly begin: number;
  readonly end: number;
}

// Sorted, disjoint, none empty, none touching the next.
export type ByteRanges = readonly ByteRange[];

export function withRange(ranges: ByteRanges, added: ByteRange): ByteRanges {
  if (added.end <= added.begin) return ranges;
  const apart = ranges.filter(({ begin, end }) => end < added.begin || begin > added.end);
  const joined = ranges.filter((range) => !apart.includes(range));
  const whole = {
    begin: Math.min(added.begin, ...joined.map(({ begin }) => begin)),
    end: Math.max(added.end, ...joined.map(({ end }) => end)),
  };
  return [...apart, whole].sort((a, b) => a.begin - b.begin);
}

// The first bytes of `within` that are not in the set, up to the next that are.
export function firstGap(ranges: ByteRanges, within: ByteRange): ByteRange | null {
  let { begin } = within;
  for (const range of ranges) {
    if (range.end <= begin) continue;
    if (range.begin > begin) return { begin, end: Math.min(range.begin, within.end) };
    begin = range.end;
    if (begin >= within.end) return null;
  }
  return begin < within.end ? { begin, end: within.end } : null;
}

export function byteCount(ranges: ByteRanges): number {
  return ranges.reduce((sum, { begin, end }) => sum + end - begin, 0);
}

// The "Upload-Ranges" header: "0-1048575,4194304-8388607", the last byte of each
// included. What cannot be read is left out: those bytes are only sent again.
export function parseRanges(header: string | null): ByteRanges {
  let ranges: ByteRanges = [];
  for (const part of (header ?? '').split(',')) {
    const [, first, last] = /^\s*(\d{1,15})-(\d{1,15})\s*$/.exec(part) ?? [];
    if (first === undefined || last === undefined) continue;
    ranges = withRange(ranges, { begin: Number(first), end: Number(last) + 1 });
  }
  return ranges;
}
