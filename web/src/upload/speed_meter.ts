// How fast bytes go, over the last few seconds: steady enough to read, quick to
// notice that the network changed.
//
// `now` is passed in, in milliseconds.

const windowMs = 5000;
const spanMinMs = 500;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

export class SpeedMeter {
  private samples: Sample[] = [];

  add(bytes: number, now: number): void {
    this.samples.push({ at: now, bytes });
    // One sample older than the window stays, or a slow upload would have none.
    while ((this.samples[1]?.at ?? now) < now - windowMs) this.samples.shift();
  }

  // Null until there is enough to tell.
  bytesPerSecond(): number | null {
    const first = this.samples[0];
    const last = this.samples[this.samples.length - 1];
    if (!first || !last || last.at - first.at < spanMinMs) return null;
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
