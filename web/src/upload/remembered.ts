// The list of uploads that are not over, as it is kept in the browser. Pure.
import type { OpenUpload } from '../api/uploads';

export interface RememberedUpload extends OpenUpload {
  // A file is known again by these three: a browser tells nothing better.
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
}

// The server gives uploads up after a while, so old ones are of no use.
const rememberedMax = 20;

// The newest first.
export function withUpload(
  uploads: readonly RememberedUpload[],
  added: RememberedUpload,
): readonly RememberedUpload[] {
  return [added, ...withoutUpload(uploads, added.url)].slice(0, rememberedMax);
}

export function withoutUpload(
  uploads: readonly RememberedUpload[],
  url: string,
): readonly RememberedUpload[] {
  return uploads.filter((upload) => upload.url !== url);
}

// Storage may hold anything: what is no list of uploads is none.
export function parseRemembered(text: string | null): readonly RememberedUpload[] {
  try {
    const parsed: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(parsed) ? parsed.filter(isRemembered) : [];
  } catch {
    return [];
  }
}

function isRemembered(value: unknown): value is RememberedUpload {
  if (typeof value !== 'object' || value === null) return false;
  const { name, size, lastModified, url, videoId } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    typeof size === 'number' &&
    typeof lastModified === 'number' &&
    typeof url === 'string' &&
    url.startsWith('/') &&
    typeof videoId === 'string'
  );
}
