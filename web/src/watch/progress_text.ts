// What is still to come for a video that can be watched already, in one calm line. Pure.
import type { Video } from '../api/types';
import { percent } from '../text/format';
import { comingQualities } from '../ui/video_state';
import { uploadFacts, type Upload } from '../upload/upload_queue';

// `upload` is this page's own, when the file comes from here.
export function progressText(video: Video, upload: Upload | undefined): string | null {
  if (!video.playable) return null;
  if (upload?.status === 'sending') return uploadingText(upload);
  if (video.state === 'uploading') return `Uploading ${percent(video.progress)} · playable already`;
  if (video.state !== 'processing') return null;
  const coming = comingQualities(video);
  if (coming.length === 0) return `Converting ${percent(video.progress)} · playable already`;
  return `More qualities are coming: ${coming.join(', ')} · ${percent(video.progress)}`;
}

function uploadingText(upload: Upload): string {
  if (upload.waiting !== null) return 'The upload is interrupted, and goes on by itself';
  return `Uploading ${uploadFacts(upload)} · playable already`;
}
