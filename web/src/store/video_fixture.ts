// Builds videos for tests: only what the test is about has to be said.
import type { Video } from '../api/types';

export function aVideo(overrides: Partial<Video> = {}): Video {
  return {
    id: 'aaaaaaaaaaa',
    title: 'Harbour at dawn',
    description: '',
    tags: [],
    state: 'ready',
    playable: true,
    progress: 1,
    error: null,
    created_at: '2026-11-22T10:00:00Z',
    duration_seconds: 60,
    width: 1280,
    height: 720,
    frame_rate: 24,
    size_bytes: 1_000_000,
    renditions: [],
    copy: { safe: false, reasons: [] },
    captions: [],
    loudness: null,
    chapters: [],
    urls: { watch: '/videos/aaaaaaaaaaa', dash: null, hls: null, poster: null, storyboard: null, original: null, downloads: [] },
    ...overrides,
  };
}
