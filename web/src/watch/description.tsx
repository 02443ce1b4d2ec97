import type { Chapter, Video } from '../api/types';
import { searchPath } from '../routes';
import { clock } from '../text/format';
import { splitTimes } from '../text/times';
import { TimeButton } from './time_button';

// What its owner says about a video: the words, the chapters, the tags.
export function Description({ video }: { video: Video }) {
  return (
    <>
      {video.description !== '' && <Words video={video} />}
      {video.chapters.length > 0 && <Chapters chapters={video.chapters} />}
      {video.tags.length > 0 && (
        <ul class="tags" aria-label="Tags">
          {video.tags.map((tag) => (
            <li key={tag}>
              <a class="tag" href={searchPath({ query: tag })}>
                {tag}
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Words({ video }: { video: Video }) {
  return (
    <p class="description" data-testid="description">
      {splitTimes(video.description, video.duration_seconds).map(({ text, seconds }, index) =>
        seconds === undefined ? (
          text
        ) : (
          <TimeButton key={index} seconds={seconds} label={`Play from ${text}`}>
            {text}
          </TimeButton>
        ),
      )}
    </p>
  );
}

function Chapters({ chapters }: { chapters: readonly Chapter[] }) {
  return (
    <section class="chapters" aria-labelledby="chapters-title">
      <h2 id="chapters-title">Chapters</h2>
      <ol data-testid="chapters">
        {chapters.map(({ start_seconds: start, title }) => (
          <li key={start}>
            <TimeButton seconds={start} label={`Play ${title} from ${clock(start)}`}>
              <span class="chapter-time">{clock(start)}</span> {title}
            </TimeButton>
          </li>
        ))}
      </ol>
    </section>
  );
}
