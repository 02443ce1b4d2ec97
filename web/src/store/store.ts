// The page's shared state: one catalog, kept up to date by one event stream.
import { signal } from '@preact/signals';
import {
  deleteVideo,
  editVideo,
  getEditable,
  getVideo,
  listVideos,
  messageOf,
  type Editable,
  type ListOptions,
} from '../api/client';
import { connectEvents } from '../api/events';
import { ApiError } from '../api/problem';
import type { Video, VideoEdit, VideoPage } from '../api/types';
import { emptyCatalog, withDeleted, withEvent, withFetched } from './catalog';

export const catalog = signal(emptyCatalog);

// Rises whenever events may have been missed; pages fetch again when it does.
export const resyncCount = signal(0);

type VideoListener = (video: Video) => void;
const videoListeners = new Set<VideoListener>();

// Called for every event about a video, after the catalog has it.
export function onVideoEvent(listener: VideoListener): void {
  videoListeners.add(listener);
}

export function startStore(): void {
  connectEvents({
    onVideo: (video) => {
      catalog.value = withEvent(catalog.value, video);
      videoListeners.forEach((listener) => listener(video));
    },
    onDeleted: (id) => {
      catalog.value = withDeleted(catalog.value, id);
    },
    onResync: () => {
      resyncCount.value += 1;
    },
  });
}

export async function fetchPage(options: ListOptions): Promise<VideoPage> {
  const since = catalog.value.tick;
  const page = await listVideos(options);
  catalog.value = withFetched(catalog.value, page.items, since);
  return page;
}

// Returns null when the video is there, otherwise why it is not.
export async function fetchVideo(id: string): Promise<ApiError | null> {
  const since = catalog.value.tick;
  try {
    const video = await getVideo(id);
    catalog.value = withFetched(catalog.value, [video], since);
    return null;
  } catch (error) {
    return error instanceof ApiError ? error : new ApiError(0, messageOf(error));
  }
}

export async function beginEdit(id: string): Promise<Editable> {
  const since = catalog.value.tick;
  const editable = await getEditable(id);
  catalog.value = withFetched(catalog.value, [editable.video], since);
  return editable;
}

export async function saveEdit(base: Editable, edit: VideoEdit): Promise<void> {
  const { video } = await editVideo(base, edit);
  catalog.value = withEvent(catalog.value, video);
}

export async function removeVideo(id: string): Promise<void> {
  await deleteVideo(id);
  catalog.value = withDeleted(catalog.value, id);
}
