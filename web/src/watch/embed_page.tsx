import { LazyPlayer } from '../player/lazy_player';
import { usePageTitle } from '../ui/page_title';
import { StateCard } from './state_card';
import { useVideo } from './use_video';
import { MissingVideo, VideoTrouble } from './watch_page';

// The player alone, for an iframe on somebody's page. It starts when it is asked to.
export function EmbedPage({ id }: { id: string }) {
  const lookup = useVideo(id);
  usePageTitle(lookup.kind === 'found' ? lookup.video.title : null);
  const autoplay = new URLSearchParams(location.search).get('autoplay') === '1';
  return (
    <main class="embed">
      {lookup.kind === 'missing' && <MissingVideo />}
      {lookup.kind === 'trouble' && (
        <VideoTrouble message={lookup.message} onRetry={lookup.retry} />
      )}
      {lookup.kind === 'found' &&
        (lookup.video.playable ? (
          <LazyPlayer video={lookup.video} autoplay={autoplay} />
        ) : (
          <StateCard video={lookup.video} />
        ))}
    </main>
  );
}
