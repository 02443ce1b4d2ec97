// Where an MP4 or MOV file has its index (moov), from the headers of its outermost boxes.
//
// The file is somebody's: nothing in it is believed. At most `boxesMax` headers of 16
// bytes are read; a file that is something else, or broken, simply has no known index.
import type { ByteRange } from './byte_ranges';

export const headerBytes = 16;
const boxesMax = 64;
// An index is a few megabytes; more than this is no beginning that anybody waits for.
const indexBytesMax = 256 * 1024 * 1024;

// What such a file may begin with, and then has between the samples and the index.
const outermost: ReadonlySet<string> = new Set([
  'ftyp', 'styp', 'pnot', 'wide', 'free', 'skip', 'mdat', 'moov', 'meta', 'uuid', 'udta', 'PICT',
]);

export interface Box extends ByteRange {
  readonly type: string;
}

// The box whose first 16 bytes (fewer at the end of the file) are `header`; null when that
// is no box which lies within the file.
export function boxAt(header: Uint8Array, begin: number, fileBytes: number): Box | null {
  if (header.length < 8) return null;
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  const type = String.fromCharCode(...header.subarray(4, 8));
  const end = endOf(view, begin, fileBytes);
  return end !== null && end <= fileBytes ? { type, begin, end } : null;
}

function endOf(view: DataView, begin: number, fileBytes: number): number | null {
  const size = view.getUint32(0);
  if (size === 0) return fileBytes;
  if (size >= 8) return begin + size;
  if (size !== 1 || view.byteLength < 16) return null;
  // Beyond 2^53 a number is not exact, but no file is as large as that either.
  const long = view.getUint32(8) * 2 ** 32 + view.getUint32(12);
  return long >= 16 ? begin + long : null;
}

// The bytes of the index, when samples stand before it; null when the order is good as it is.
// `read` gives `length` bytes from an offset on, fewer at the end of the file.
export async function lateIndex(
  fileBytes: number,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<ByteRange | null> {
  let samplesSeen = false;
  let at = 0;
  for (let count = 0; count < boxesMax && at < fileBytes; count++) {
    const box = boxAt(await read(at, headerBytes), at, fileBytes);
    if (!box || !outermost.has(box.type)) return null;
    if (box.type === 'moov') return samplesSeen && isIndex(box) ? { begin: box.begin, end: box.end } : null;
    samplesSeen ||= box.type === 'mdat';
    at = box.end;
  }
  return null;
}

function isIndex({ begin, end }: ByteRange): boolean {
  return end - begin <= indexBytesMax;
}
