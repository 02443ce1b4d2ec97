import type { Video } from '../api/types';
import { Icon } from '../ui/icon';
import { downloadChoices } from './download_choices';

// The original, and under "More" what was made of it. A disclosure of plain links: it
// works with every keyboard and screen reader, and without a line of script.
export function Downloads({ video }: { video: Video }) {
  const choices = downloadChoices(video);
  if (video.urls.original === null && choices.length === 0) return null;
  return (
    <div class="downloads">
      {video.urls.original !== null && (
        <a class="button" href={video.urls.original} download>
          <Icon name="download" />
          Download original
        </a>
      )}
      {choices.length > 0 && (
        <details data-testid="downloads">
          <summary class="button">Other downloads</summary>
          <ul>
            {choices.map(({ url, label }) => (
              <li key={url}>
                <a href={url} download aria-label={`Download ${label} as MP4`}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
