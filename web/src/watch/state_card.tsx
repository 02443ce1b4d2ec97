import type { Video } from '../api/types';
import { percent } from '../text/format';
import { Icon } from '../ui/icon';
import { ProgressBar } from '../ui/progress_bar';
import { isUnfinished, stateName } from '../ui/video_state';
import { sentFraction } from '../upload/upload_queue';
import { uploadOf } from '../upload/uploads';

// Stands where the player will be, and says what it is waiting for.
export function StateCard({ video }: { video: Video }) {
  const failed = video.state === 'failed';
  const fraction = fractionOf(video);
  return (
    <section class="state-card" data-testid="state-card" data-state={video.state}>
      <span class={failed ? 'message-icon danger' : 'message-icon'}>
        <Icon name={failed ? 'warning' : 'film'} />
      </span>
      <div>
        <h2>{failed ? 'This video could not be processed' : `${stateName(video)} · ${percent(fraction)}`}</h2>
        {/* Announced; the percentage above is not, it changes too often. */}
        <p role="status">{failed ? failureReason(video) : waitingFor(video)}</p>
      </div>
      {isUnfinished(video) && (
        <ProgressBar fraction={fraction} label={stateName(video)} testId="state-progress" />
      )}
    </section>
  );
}

// The page that sends the file knows best how far it is.
function fractionOf(video: Video): number {
  const upload = video.state === 'uploading' ? uploadOf(video.id) : undefined;
  return upload ? sentFraction(upload) : video.progress;
}

function failureReason(video: Video): string {
  return video.error?.message ?? 'The server did not say why. Uploading it again may help.';
}

function waitingFor(video: Video): string {
  switch (video.state) {
    case 'uploading':
      return 'The file is still arriving. The video starts here as soon as enough of it is there.';
    case 'processing':
      return video.renditions.some(({ state }) => state === 'processing')
        ? 'The first minutes are being converted. The video starts here by itself.'
        : 'Waiting for a free worker. The video starts here by itself.';
    case 'ready':
    case 'failed':
      return 'There is nothing to play in this file.';
  }
}
