import type { Video } from '../api/types';
import { age, byteSize, duration } from '../text/format';
import { uploadOf } from '../upload/uploads';
import { copyText } from './copy_text';
import { Downloads } from './downloads';
import { likenessText } from './likeness_text';
import { progressText } from './progress_text';
import { WorkLine } from './work_line';

export function VideoFacts({ video }: { video: Video }) {
  const progress = progressText(video, uploadOf(video.id));
  const copy = copyText(video);
  const likeness = likenessText(video);
  return (
    <div class="video-facts">
      <p class="facts">
        <time dateTime={video.created_at} title={new Date(video.created_at).toLocaleString()}>
          {age(video.created_at, new Date())}
        </time>
        {technicalFacts(video).map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
      </p>
      {progress !== null && (
        <p class="pill" data-testid="watch-progress">
          {progress}
        </p>
      )}
      {video.state === 'processing' && <WorkLine video={video} />}
      <Downloads video={video} />
      {copy !== null && (
        <p class="facts copy-fact" data-testid="copy-fact">
          {copy}
        </p>
      )}
      {likeness !== null && (
        <p
          class="facts copy-fact"
          data-testid="likeness-fact"
          title="Measured on a few seconds: 1 is the same picture, 0.95 and more is good"
        >
          {likeness}
        </p>
      )}
    </div>
  );
}

function technicalFacts(video: Video): readonly string[] {
  const facts: string[] = [];
  if (video.duration_seconds !== null) facts.push(duration(video.duration_seconds));
  if (video.width !== null && video.height !== null) {
    facts.push(`${video.width} × ${video.height}`);
  }
  if (video.frame_rate !== null) facts.push(`${Number(video.frame_rate.toFixed(2))} fps`);
  if (video.size_bytes !== null) facts.push(byteSize(video.size_bytes));
  return facts;
}
