import { useEffect } from 'preact/hooks';
import type { Video } from '../api/types';
import { preloadPlayer } from '../player/lazy_player';
import { watchPath } from '../routes';
import { catalog } from '../store/store';
import { byteSize, percent } from '../text/format';
import { Icon, type IconName } from '../ui/icon';
import { ProgressBar } from '../ui/progress_bar';
import { isUnfinished } from '../ui/video_state';
import { isActive, sentFraction, uploadFacts, type Upload } from './upload_queue';
import { cancelUpload, dismissUpload, retryUpload } from './uploads';

// One file on its way: first the upload, then what the server makes of it.
export function UploadRow({ upload }: { upload: Upload }) {
  // It may be watched in a moment.
  useEffect(preloadPlayer, []);
  const video = upload.videoId === null ? undefined : catalog.value.videos.get(upload.videoId);
  return (
    <li class="upload-row" data-testid="upload-row" data-status={rowStatus(upload, video)}>
      <div class="upload-name">
        <strong>{upload.name}</strong>
        <span class="facts">{byteSize(upload.sizeBytes)}</span>
      </div>
      <RowButtons upload={upload} video={video} />
      <RowProgress upload={upload} video={video} />
      <RowText upload={upload} video={video} />
    </li>
  );
}

interface PartProps {
  readonly upload: Upload;
  readonly video: Video | undefined;
}

// Until the server has the file, what happens here counts.
function rowStatus(upload: Upload, video: Video | undefined): string {
  return upload.status === 'sent' ? (video?.state ?? 'sent') : upload.status;
}

function RowProgress({ upload, video }: PartProps) {
  if (upload.status === 'failed' || upload.status === 'cancelled') return null;
  if (video?.state === 'failed' || video?.state === 'ready') return null;
  return (
    <ProgressBar
      fraction={upload.status === 'sent' ? (video?.progress ?? 0) : sentFraction(upload)}
      label={upload.status === 'sent' ? `Processing ${upload.name}` : `Uploading ${upload.name}`}
      testId="upload-progress"
    />
  );
}

function RowText({ upload, video }: PartProps) {
  const error = upload.error ?? (upload.status === 'sent' ? video?.error?.message : null) ?? null;
  if (error !== null) {
    return (
      <p class="upload-text error-text" role="alert">
        {error}
      </p>
    );
  }
  if (upload.waiting !== null && upload.status === 'sending') {
    return (
      <p class="upload-text waiting-text" role="status" data-testid="upload-waiting">
        {upload.waiting} Nothing is lost: the upload goes on by itself.
      </p>
    );
  }
  const text = upload.status === 'sent' && video ? processingText(video) : sendingText(upload);
  const early = upload.status === 'sending' && video?.playable === true;
  return <p class="upload-text facts">{early ? `${text} · playable already` : text}</p>;
}

function sendingText(upload: Upload): string {
  switch (upload.status) {
    case 'queued':
      return 'Waiting for its turn';
    case 'cancelled':
      return 'Cancelled';
    case 'failed':
      return 'Failed';
    case 'sent':
      return 'Uploaded';
    case 'sending':
      return uploadFacts(upload);
  }
}

function processingText(video: Video): string {
  if (video.state === 'ready') return 'Ready to watch';
  if (video.state === 'failed') return 'Failed';
  const progress = `Processing ${percent(video.progress)}`;
  return isUnfinished(video) && video.playable ? `${progress} · playable already` : progress;
}

function RowButtons({ upload, video }: PartProps) {
  const { key, name } = upload;
  return (
    <div class="upload-buttons">
      {upload.videoId !== null && upload.status !== 'cancelled' && (
        <a class={video?.playable ? 'button primary' : 'button'} href={watchPath(upload.videoId)}>
          {watchLabel(upload, video)}
        </a>
      )}
      {(upload.status === 'failed' || upload.status === 'cancelled') && (
        <button class="button" type="button" onClick={() => retryUpload(key)}>
          Try again
        </button>
      )}
      {isActive(upload) ? (
        <RowButton icon="close" label={`Cancel ${name}`} onClick={() => cancelUpload(key)} />
      ) : (
        <RowButton icon="close" label={`Hide ${name}`} onClick={() => dismissUpload(key)} />
      )}
    </div>
  );
}

function watchLabel(upload: Upload, video: Video | undefined): string {
  if (!video?.playable) return 'Open';
  return isActive(upload) ? 'Watch now' : 'Watch';
}

interface RowButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
}

function RowButton({ icon, label, onClick }: RowButtonProps) {
  return (
    <button class="icon-button" type="button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
