// Sends one file through a resumable upload, over connections that may break.
//
// A broken connection and a server that restarts are waited for, as long as it takes; then
// the server says what it has, and the rest is sent. What the server refuses ends it.
// Lifetime: run() once; cancel() ends it, and its promise is rejected.
import { ApiError } from '../api/problem';
import type { OpenUpload, UploadServer } from '../api/uploads';
import { lateIndex } from './box_layout';
import { withRange, type ByteRange } from './byte_ranges';
import { isGone, isPassing, retryDelayMs } from './retry';
import { SpeedMeter } from './speed_meter';
import { titleOf } from './upload_queue';
import { UploadPlan } from './upload_plan';

const brokenMessage = 'The server cannot be reached at the moment.';

export interface SenderOptions {
  readonly server: UploadServer;
  // An upload of this file that was begun before.
  readonly begun: OpenUpload | null;
  // How many requests may be under way now.
  readonly connections: () => number;
  readonly now: () => number;
  // May end early, when there is hope.
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  // The server has agreed to take the file, or to go on with it.
  readonly onOpen: (upload: OpenUpload) => void;
  readonly onProgress: (sentBytes: number, bytesPerSecond: number | null) => void;
  // The connection is broken, and why; null when it is not any more.
  readonly onWaiting: (reason: string | null) => void;
}

export class FileSender {
  private readonly cancelling = new AbortController();
  private readonly sentOf = new Map<ByteRange, number>();
  private plan = new UploadPlan(0, []);
  private meter = new SpeedMeter();
  private upload: OpenUpload | null;
  private failures = 0;

  constructor(
    private readonly file: File,
    private readonly options: SenderOptions,
  ) {
    this.upload = options.begun;
  }

  // Until the server has the whole file.
  async run(): Promise<void> {
    try {
      await this.sendWhole();
    } finally {
      // What cannot be removed now expires on the server.
      if (this.isCancelled() && this.upload) {
        this.options.server.remove(this.upload.url).catch(() => undefined);
      }
    }
  }

  cancel(): void {
    this.cancelling.abort();
  }

  private async sendWhole(): Promise<void> {
    this.plan = new UploadPlan(this.file.size, await this.urgentBytes());
    let connected = false;
    while (!connected || !this.plan.isComplete()) {
      try {
        if (!connected) await this.connect();
        connected = true;
        await this.sendAll();
      } catch (error) {
        connected = false;
        await this.waitAfter(error);
      }
    }
  }

  // A film whose index stands at its end cannot be shown before that is there.
  private async urgentBytes(): Promise<readonly ByteRange[]> {
    const index = await lateIndex(this.file.size, (begin, length) => this.read(begin, begin + length));
    return index ? [index] : [];
  }

  private async read(begin: number, end: number): Promise<Uint8Array> {
    try {
      return new Uint8Array(await this.file.slice(begin, end).arrayBuffer());
    } catch {
      throw new ApiError(0, 'The file was changed or removed meanwhile. Choose it again.');
    }
  }

  private async connect(): Promise<void> {
    if (this.upload) await this.resume(this.upload);
    this.upload ??= await this.create();
    this.throwIfCancelled();
    this.options.onOpen(this.upload);
    this.options.onWaiting(null);
    // The speed from before the break, and a jump to what is stored, say nothing.
    this.meter = new SpeedMeter();
    this.report();
  }

  private create(): Promise<OpenUpload> {
    const { name, size } = this.file;
    return this.options.server.create({ fileName: name, title: titleOf(name), sizeBytes: size });
  }

  private async resume(upload: OpenUpload): Promise<void> {
    const { server, begun } = this.options;
    try {
      this.plan.resume(await server.look(upload.url));
    } catch (error) {
      if (!(error instanceof ApiError) || !isGone(error)) throw error;
      // The answer to the last bytes may be what was lost.
      if (await server.isWhole(upload.videoId)) this.plan.resume([{ begin: 0, end: this.file.size }]);
      else if (upload === begun) this.upload = null;
      else throw new ApiError(error.status, 'The server has given this upload up. Try again.');
    }
  }

  // Throws the first failure, when nothing is under way any more.
  private async sendAll(): Promise<void> {
    const stopping = new AbortController();
    const { signal } = this.cancelling;
    const stop = () => stopping.abort();
    signal.addEventListener('abort', stop);
    const active = new Set<Promise<void>>();
    try {
      for (;;) {
        while (active.size < this.options.connections()) {
          const range = this.plan.next(this.meter.bytesPerSecond());
          if (!range) break;
          const sending = this.send(range, stopping.signal).finally(() => active.delete(sending));
          active.add(sending);
        }
        if (active.size === 0) return;
        await Promise.race(active);
      }
    } finally {
      stop();
      signal.removeEventListener('abort', stop);
      await Promise.allSettled(active);
    }
  }

  private async send(range: ByteRange, signal: AbortSignal): Promise<void> {
    if (!this.upload) return;
    try {
      const stored = await this.options.server.put(
        this.upload.url,
        this.file.slice(range.begin, range.end),
        {
          range,
          totalBytes: this.file.size,
          onSent: (bytes) => this.progress(range, bytes),
          signal,
        },
      );
      this.plan.answered(range, withRange(stored, range));
      this.failures = 0;
    } catch (error) {
      this.plan.failed(range);
      throw error;
    } finally {
      this.sentOf.delete(range);
      this.report();
    }
  }

  private async waitAfter(error: unknown): Promise<void> {
    this.throwIfCancelled();
    // A file that was changed looks like a broken connection.
    await this.read(0, 1);
    if (!(error instanceof ApiError) || !isPassing(error)) throw error;
    this.options.onWaiting(error.status === 0 ? brokenMessage : error.message);
    await this.options.wait(retryDelayMs(this.failures++), this.cancelling.signal);
    this.throwIfCancelled();
  }

  private isCancelled(): boolean {
    return this.cancelling.signal.aborted;
  }

  private throwIfCancelled(): void {
    if (this.isCancelled()) throw new ApiError(0, 'Cancelled.');
  }

  private progress(range: ByteRange, bytes: number): void {
    this.sentOf.set(range, Math.min(bytes, range.end - range.begin));
    this.report();
  }

  private report(): void {
    const underWay = [...this.sentOf.values()].reduce((sum, bytes) => sum + bytes, 0);
    const sent = this.plan.storedBytes() + underWay;
    this.meter.add(sent, this.options.now());
    this.options.onProgress(sent, this.meter.bytesPerSecond());
  }
}
