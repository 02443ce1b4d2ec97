// Uploads that are not over, so that the same file goes on where it was after a reload.
import { signal } from '@preact/signals';
import { recall, remember } from '../ui/local_storage';
import type { OpenUpload } from '../api/uploads';
import { parseRemembered, withoutUpload, withUpload, type RememberedUpload } from './remembered';

type FileIdentity = Pick<File, 'name' | 'size' | 'lastModified'>;

const storageKey = 'uploads';

export const rememberedUploads = signal(stored());

export function recallUpload(file: FileIdentity): OpenUpload | null {
  return stored().find((upload) => isOf(upload, file)) ?? null;
}

export function rememberUpload(file: FileIdentity, { url, videoId }: OpenUpload): void {
  const { name, size, lastModified } = file;
  store(withUpload(stored(), { name, size, lastModified, url, videoId }));
}

export function forgetUpload({ url }: Pick<OpenUpload, 'url'>): void {
  store(withoutUpload(stored(), url));
}

function isOf(upload: RememberedUpload, { name, size, lastModified }: FileIdentity): boolean {
  return upload.name === name && upload.size === size && upload.lastModified === lastModified;
}

// Other pages of this browser write there too.
function stored(): readonly RememberedUpload[] {
  return parseRemembered(recall(storageKey));
}

function store(uploads: readonly RememberedUpload[]): void {
  rememberedUploads.value = uploads;
  remember(storageKey, JSON.stringify(uploads));
}
