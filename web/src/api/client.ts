// The server's HTTP interface as functions. Failures are always an ApiError.
import { ApiError, problemMessage, unreachableMessage } from './problem';
import type { Cluster, Video, VideoEdit, VideoPage, VideoSort } from './types';

const videosPath = '/api/v1/videos';

export interface ListOptions {
  readonly query: string;
  readonly sort: VideoSort;
  readonly cursor: string | null;
  readonly limit: number;
}

export async function listVideos(options: ListOptions): Promise<VideoPage> {
  const parameters = new URLSearchParams({ limit: String(options.limit), sort: options.sort });
  if (options.query) parameters.set('q', options.query);
  if (options.cursor !== null) parameters.set('cursor', options.cursor);
  const response = await request(`${videosPath}?${parameters.toString()}`);
  return (await response.json()) as VideoPage;
}

export async function getCluster(): Promise<Cluster> {
  const response = await request('/api/v1/cluster');
  return (await response.json()) as Cluster;
}

export async function getVideo(id: string): Promise<Video> {
  const response = await request(videoPath(id));
  return (await response.json()) as Video;
}

// A video as it is now, to be edited: `etag` names this version.
export interface Editable {
  readonly video: Video;
  readonly etag: string;
}

export async function getEditable(id: string): Promise<Editable> {
  return editableOf(await request(videoPath(id)));
}

// Fails with status 412 when somebody has changed the video since `base`.
export async function editVideo(base: Editable, edit: VideoEdit): Promise<Editable> {
  const response = await request(videoPath(base.video.id), {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json', 'If-Match': base.etag },
    body: JSON.stringify(edit),
  });
  return editableOf(response);
}

async function editableOf(response: Response): Promise<Editable> {
  const etag = response.headers.get('ETag') ?? '*';
  return { video: (await response.json()) as Video, etag };
}

export async function deleteVideo(id: string): Promise<void> {
  await request(videoPath(id), { method: 'DELETE' });
}

// WebVTT or SRT, in place of what there is in the language.
export async function putCaptions(
  id: string,
  { language, label, file }: { language: string; label: string; file: Blob },
): Promise<void> {
  const query = label ? `?label=${encodeURIComponent(label)}` : '';
  await request(`${captionsPath(id, language)}${query}`, { method: 'PUT', body: file });
}

export async function deleteCaptions(id: string, language: string): Promise<void> {
  await request(captionsPath(id, language), { method: 'DELETE' });
}

export async function putPosterFrame(id: string, seconds: number): Promise<void> {
  await request(`${videoPath(id)}/poster`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ at_seconds: seconds }),
  });
}

export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : unreachableMessage;
}

function captionsPath(id: string, language: string): string {
  return `${videoPath(id)}/captions/${encodeURIComponent(language)}`;
}

function videoPath(id: string): string {
  return `${videosPath}/${encodeURIComponent(id)}`;
}

interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyInit;
}

export async function request(url: string, init: RequestOptions = {}): Promise<Response> {
  const headers = { ...init.headers, Accept: 'application/json' };
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch {
    throw new ApiError(0, unreachableMessage);
  }
  if (response.ok) return response;
  throw new ApiError(response.status, problemMessage(response.status, await response.text()));
}
