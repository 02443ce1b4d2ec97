// The list of uploads and what may start next. Values: functions return new lists.
import { byteSize, percent, timeLeft } from '../text/format';

export type UploadStatus = 'queued' | 'sending' | 'sent' | 'failed' | 'cancelled';

export interface Upload {
  readonly key: number;
  readonly name: string;
  readonly sizeBytes: number;
  readonly status: UploadStatus;
  readonly sentBytes: number;
  // Null until it can be measured.
  readonly bytesPerSecond: number | null;
  readonly error: string | null;
  // Why nothing goes at the moment, although it will go on.
  readonly waiting: string | null;
  // Known once the server has agreed to take the file.
  readonly videoId: string | null;
}

export function newUpload(key: number, name: string, sizeBytes: number): Upload {
  return {
    key,
    name,
    sizeBytes,
    status: 'queued',
    sentBytes: 0,
    bytesPerSecond: null,
    error: null,
    waiting: null,
    videoId: null,
  };
}

export function withChange(
  uploads: readonly Upload[],
  key: number,
  change: Partial<Upload>,
): readonly Upload[] {
  return uploads.map((upload) => (upload.key === key ? { ...upload, ...change } : upload));
}

// The oldest waiting uploads, as many as there are free places.
export function startable(uploads: readonly Upload[], sendingMax: number): readonly Upload[] {
  const sending = uploads.filter(({ status }) => status === 'sending').length;
  const queued = uploads.filter(({ status }) => status === 'queued');
  return queued.slice(0, Math.max(0, sendingMax - sending));
}

export function isActive({ status }: Upload): boolean {
  return status === 'queued' || status === 'sending';
}

export function sentFraction({ sentBytes, sizeBytes }: Upload): number {
  return sizeBytes > 0 ? sentBytes / sizeBytes : 0;
}

// "43% · 2.1 MB/s · 3 min left"
export function uploadFacts(upload: Upload): string {
  if (upload.sentBytes >= upload.sizeBytes) return 'The server is checking the file …';
  const speed = upload.bytesPerSecond === null ? '' : `${byteSize(upload.bytesPerSecond)}/s`;
  const facts = [percent(sentFraction(upload)), speed, timeLeft(secondsLeft(upload))];
  return facts.filter(Boolean).join(' · ');
}

export function secondsLeft(upload: Upload): number {
  if (!upload.bytesPerSecond) return Number.POSITIVE_INFINITY;
  return (upload.sizeBytes - upload.sentBytes) / upload.bytesPerSecond;
}

// "Trip.to.Oslo.mp4" -> "Trip.to.Oslo"; a name that is only an extension stays.
export function titleOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.');
  return dot > 0 ? fileName.slice(0, dot) : fileName;
}
