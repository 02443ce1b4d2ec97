import { useState } from 'preact/hooks';
import type { Video } from '../api/types';
import { watchPath } from '../routes';
import { age, byteSize, duration } from '../text/format';
import { Icon } from '../ui/icon';
import { ProgressBar } from '../ui/progress_bar';
import { isUnfinished, stateName, stateWithProgress } from '../ui/video_state';
import { CardPreview } from './card_preview';
import { Poster } from './poster';

interface VideoCardProps {
  readonly video: Video;
  readonly onDelete: (video: Video) => void;
}

export function VideoCard({ video, onDelete }: VideoCardProps) {
  const [hovered, setHovered] = useState(false);
  const { storyboard } = video.urls;
  return (
    <li class="card" data-testid="video-card" data-id={video.id} data-state={video.state}>
      <a class="card-link" href={watchPath(video.id)}>
        <div
          class="thumb"
          onPointerEnter={(event) => setHovered(event.pointerType === 'mouse')}
          onPointerLeave={() => setHovered(false)}
        >
          <Poster video={video} />
          {hovered && storyboard !== null && video.duration_seconds !== null && (
            <CardPreview url={storyboard} duration={video.duration_seconds} />
          )}
          <StateBadge video={video} />
          {video.duration_seconds !== null && (
            <span class="badge duration">{duration(video.duration_seconds)}</span>
          )}
          {isUnfinished(video) && (
            <ProgressBar
              fraction={video.progress}
              label={`${stateName(video)} ${video.title}`}
              testId="card-progress"
            />
          )}
        </div>
        <h2>{video.title}</h2>
      </a>
      <p class="facts">{cardFacts(video)}</p>
      <button
        class="icon-button card-delete"
        type="button"
        aria-label={`Delete ${video.title}`}
        title="Delete"
        onClick={() => onDelete(video)}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

// Being ready is the normal case: it is said to screen readers only.
function StateBadge({ video }: { video: Video }) {
  const style = video.state === 'ready' ? 'visually-hidden' : `badge state ${video.state}`;
  return (
    <span class={style} data-testid="card-state" data-state={video.state}>
      {stateWithProgress(video)}
    </span>
  );
}

function cardFacts(video: Video): string {
  const facts = [age(video.created_at, new Date())];
  if (video.size_bytes !== null) facts.push(byteSize(video.size_bytes));
  if (isUnfinished(video) && video.playable) facts.push('playable already');
  return facts.join(' · ');
}
