// As much of ISO/IEC 14496-12 as it takes to read the times of a fragment.

// The boxes in [start, end): {type, start, end} of their content.
function* boxes(data, start = 0, end = data.length) {
  for (let at = start; at < end; ) {
    let size = data.readUInt32BE(at);
    let header = 8;
    if (size === 1) {
      size = Number(data.readBigUInt64BE(at + 8));
      header = 16;
    }
    if (size < header || at + size > end) throw new Error(`a box of ${size} bytes at ${at} of ${end}`);
    yield { type: data.toString('latin1', at + 4, at + 8), start: at + header, end: at + size };
    at += size;
  }
}

function find(data, path, start = 0, end = data.length) {
  const [first, ...rest] = path;
  for (const box of boxes(data, start, end)) {
    if (box.type === first) return rest.length ? find(data, rest, box.start, box.end) : box;
  }
  throw new Error(`no ${first} box`);
}

// Ticks per second, from the mdhd (8.4.2) of an init segment.
export function trackTimescale(init) {
  const { start } = find(init, ['moov', 'trak', 'mdia', 'mdhd']);
  return init.readUInt32BE(start + (init[start] === 1 ? 20 : 12));
}

// {start, duration} in ticks, and whether the first sample is a sync sample, from
// the tfhd, tfdt and trun boxes (8.8.7, 8.8.12, 8.8.8) of a media segment.
export function fragmentTiming(segment) {
  let start = null;
  let duration = 0;
  let startsWithSync = null;
  for (const moof of boxes(segment)) {
    if (moof.type !== 'moof') continue;
    const traf = find(segment, ['traf'], moof.start, moof.end);
    const tfdt = find(segment, ['tfdt'], traf.start, traf.end).start;
    const time = segment[tfdt] === 1 ? Number(segment.readBigUInt64BE(tfdt + 4)) : segment.readUInt32BE(tfdt + 4);
    start ??= time;
    if (time !== start + duration) throw new Error(`a fragment at ${time} after ${start + duration}`);
    const defaults = sampleDefaults(segment, find(segment, ['tfhd'], traf.start, traf.end).start);
    for (const trun of boxes(segment, traf.start, traf.end)) {
      if (trun.type !== 'trun') continue;
      const samples = readTrun(segment, trun.start, defaults);
      startsWithSync ??= (samples[0].flags & 0x10000) === 0;
      duration += samples.reduce((sum, sample) => sum + sample.duration, 0);
    }
  }
  return { start, duration, startsWithSync };
}

function sampleDefaults(data, at) {
  const flags = data.readUInt32BE(at) & 0xffffff;
  let next = at + 8;
  const field = (bit, size) => {
    if (!(flags & bit)) return 0;
    next += size;
    return data.readUInt32BE(next - 4);
  };
  field(0x1, 8);
  field(0x2, 4);
  return { duration: field(0x8, 4), size: field(0x10, 4), flags: field(0x20, 4) };
}

function readTrun(data, at, defaults) {
  const flags = data.readUInt32BE(at) & 0xffffff;
  const count = data.readUInt32BE(at + 4);
  let next = at + 8;
  const field = (bit, otherwise) => {
    if (!(flags & bit)) return otherwise;
    next += 4;
    return data.readUInt32BE(next - 4);
  };
  field(0x1);
  const firstFlags = field(0x4, null);
  return Array.from({ length: count }, (_, index) => {
    const duration = field(0x100, defaults.duration);
    field(0x200);
    const own = field(0x400, index === 0 && firstFlags !== null ? firstFlags : defaults.flags);
    field(0x800);
    return { duration, flags: own };
  });
}
