// Which bytes of a file are sent next.
//
// First what the server needs before it can show anything (the index of a film whose
// index stands at its end), then the file from its beginning on, so that what is there
// can be watched. Several connections may have bytes under way at once.
//
// No I/O and no clock. Bytes are stored when the server says so, not when they were sent.
import { byteCount, firstGap, withRange, type ByteRange, type ByteRanges } from './byte_ranges';

// The server stores parts of this size; a request never crosses from one into the next.
const partBytes = 8 * 1024 * 1024;
const sliceBytesMin = 256 * 1024;
// How long one request should take, alone. Short, because its bytes can be watched when it is over.
const sliceSeconds = 1;

export class UploadPlan {
  private stored: ByteRanges = [];
  private underWay: readonly ByteRange[] = [];

  constructor(
    private readonly sizeBytes: number,
    private readonly urgent: ByteRanges,
  ) {}

  // The next bytes to send, which are under way from now on; null when none are left to begin.
  next(bytesPerSecond: number | null): ByteRange | null {
    const taken = this.underWay.reduce(withRange, this.stored);
    for (const wanted of [...this.urgent, this.whole()]) {
      const gap = firstGap(taken, wanted);
      if (gap) return this.begin(sliceOf(gap, bytesPerSecond));
    }
    return null;
  }

  // The request about `range` is over, and the server has told what it has since then.
  answered(range: ByteRange, stored: ByteRanges): void {
    this.failed(range);
    // Answers may overtake each other: what was stored once stays stored.
    this.stored = stored.reduce(withRange, this.stored);
  }

  // The request about `range` is over, and nobody knows what arrived.
  failed(range: ByteRange): void {
    this.underWay = this.underWay.filter((other) => other !== range);
  }

  // What the server says it has, when no request is under way: it may be less than it was.
  resume(stored: ByteRanges): void {
    this.stored = stored;
  }

  storedBytes(): number {
    return byteCount(this.stored);
  }

  isComplete(): boolean {
    return firstGap(this.stored, this.whole()) === null;
  }

  private begin(range: ByteRange): ByteRange {
    this.underWay = [...this.underWay, range];
    return range;
  }

  private whole(): ByteRange {
    return { begin: 0, end: this.sizeBytes };
  }
}

// A beginning of `gap`: a power of two that goes up in about a second, cut where parts end.
function sliceOf({ begin, end }: ByteRange, bytesPerSecond: number | null): ByteRange {
  let length = sliceBytesMin;
  while (length < partBytes && length * 2 <= (bytesPerSecond ?? 0) * sliceSeconds) length *= 2;
  // Aligned to its own length, so that slices of any sizes end where parts end.
  const cut = begin - (begin % length) + length;
  return { begin, end: Math.min(cut, end) };
}
