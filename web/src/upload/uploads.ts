// The uploads of this page. They live outside the components, so that they go on
// while the user looks at other pages.
import { signal } from '@preact/signals';
import { messageOf } from '../api/client';
import { httpUploadServer, type OpenUpload } from '../api/uploads';
import { fetchVideo } from '../store/store';
import { FileSender } from './file_sender';
import { forgetUpload, recallUpload, rememberUpload } from './remembered_uploads';
import { isActive, newUpload, startable, withChange, type Upload } from './upload_queue';

// More at once would only share the same line, and take connections from playback: over
// HTTP/1.1 a browser opens six to a host, and the event stream and the player need theirs.
const sendingMax = 2;
const connectionsMax = 2;

export const uploads = signal<readonly Upload[]>([]);

const files = new Map<number, File>();
const senders = new Map<number, FileSender>();
const openUploads = new Map<number, OpenUpload>();
let nextKey = 1;

export function addFiles(chosen: Iterable<File>): void {
  const added = Array.from(chosen, (file) => {
    const key = nextKey++;
    files.set(key, file);
    return newUpload(key, file.name, file.size);
  });
  uploads.value = [...uploads.value, ...added];
  startNext();
}

// The upload of this page that made the video.
export function uploadOf(id: string): Upload | undefined {
  return uploads.value.find(({ videoId }) => videoId === id);
}

export function cancelUpload(key: number): void {
  change(key, { status: 'cancelled' });
  senders.get(key)?.cancel();
  startNext();
}

export function retryUpload(key: number): void {
  change(key, { status: 'queued', sentBytes: 0, bytesPerSecond: null, error: null, videoId: null });
  startNext();
}

export function dismissUpload(key: number): void {
  files.delete(key);
  uploads.value = uploads.value.filter((upload) => upload.key !== key);
}

function startNext(): void {
  for (const { key } of startable(uploads.value, sendingMax)) {
    const file = files.get(key);
    if (file) void send(key, file);
  }
  guardAgainstLeaving();
}

async function send(key: number, file: File): Promise<void> {
  change(key, { status: 'sending' });
  const sender = senderOf(key, file);
  senders.set(key, sender);
  try {
    await sender.run();
    change(key, { status: 'sent', sentBytes: file.size });
    files.delete(key);
    forget(key);
    // The events may be late; asking again is always right.
    const videoId = openUploads.get(key)?.videoId;
    if (videoId !== undefined) await fetchVideo(videoId);
  } catch (error) {
    const wasCancelled = uploads.value.some((u) => u.key === key && u.status === 'cancelled');
    if (wasCancelled) forget(key);
    else change(key, { status: 'failed', error: messageOf(error), waiting: null });
  } finally {
    senders.delete(key);
    openUploads.delete(key);
    startNext();
  }
}

function senderOf(key: number, file: File): FileSender {
  const remembered = recallUpload(file);
  const isTaken = [...openUploads.values()].some(({ url }) => url === remembered?.url);
  return new FileSender(file, {
    server: httpUploadServer,
    begun: isTaken ? null : remembered,
    connections: () => Math.max(1, Math.floor(connectionsMax / senders.size)),
    now: () => performance.now(),
    wait: untilLaterOrOnline,
    onOpen: (upload) => {
      openUploads.set(key, upload);
      rememberUpload(file, upload);
      change(key, { videoId: upload.videoId });
      void fetchVideo(upload.videoId);
    },
    onProgress: (sentBytes, bytesPerSecond) => change(key, { sentBytes, bytesPerSecond }),
    onWaiting: (waiting) => change(key, { waiting }),
  });
}

function forget(key: number): void {
  const upload = openUploads.get(key);
  if (upload) forgetUpload(upload);
}

// Until the time has passed, the browser has a network again, or `signal` says so.
function untilLaterOrOnline(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const listening = new AbortController();
    const end = () => {
      window.clearTimeout(timer);
      listening.abort();
      resolve();
    };
    const timer = window.setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { signal: listening.signal });
    window.addEventListener('online', end, { signal: listening.signal });
  });
}

function change(key: number, difference: Partial<Upload>): void {
  uploads.value = withChange(uploads.value, key, difference);
}

let guarding = false;

// Asks before the tab is closed, but only while that would lose something: the
// listener alone keeps pages out of the browser's back/forward cache.
function guardAgainstLeaving(): void {
  const needed = uploads.value.some(isActive);
  if (needed === guarding) return;
  guarding = needed;
  if (needed) window.addEventListener('beforeunload', askBeforeLeaving);
  else window.removeEventListener('beforeunload', askBeforeLeaving);
}

function askBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
