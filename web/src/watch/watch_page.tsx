import { useState } from 'preact/hooks';
import type { Video } from '../api/types';
import { DeleteDialog } from '../library/delete_dialog';
import { LazyPlayer } from '../player/lazy_player';
import { navigate } from '../router';
import { Icon, type IconName } from '../ui/icon';
import { Message } from '../ui/message';
import { usePageTitle } from '../ui/page_title';
import { Description } from './description';
import { EditDialog } from './edit_dialog';
import { StateCard } from './state_card';
import { useVideo } from './use_video';
import { VideoFacts } from './video_facts';
import { WatchActions } from './watch_actions';

export function WatchPage({ id }: { id: string }) {
  const lookup = useVideo(id);
  usePageTitle(lookup.kind === 'found' ? lookup.video.title : null);
  switch (lookup.kind) {
    case 'loading':
      return <div class="stage" aria-busy="true" />;
    case 'missing':
      return <MissingVideo />;
    case 'trouble':
      return <VideoTrouble message={lookup.message} onRetry={lookup.retry} />;
    case 'found':
      return <Watch video={lookup.video} />;
  }
}

// The stage turns from card into player by itself when the video becomes playable.
function Watch({ video }: { video: Video }) {
  return (
    <article class="watch">
      <div class="stage">
        {video.playable ? <LazyPlayer video={video} autoplay /> : <StateCard video={video} />}
      </div>
      <div class="watch-head">
        <h1 data-testid="watch-title">{video.title}</h1>
        <OwnerButtons video={video} />
      </div>
      <VideoFacts video={video} />
      <WatchActions video={video} />
      <Description video={video} />
    </article>
  );
}

function OwnerButtons({ video }: { video: Video }) {
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <OwnerButton
        label="Edit details"
        icon="pencil"
        testId="edit-button"
        onClick={() => setOpen('edit')}
      />
      <OwnerButton
        label="Delete this video"
        icon="trash"
        testId="delete-button"
        onClick={() => setOpen('delete')}
      />
      {open === 'edit' && <EditDialog video={video} onClose={close} />}
      {open === 'delete' && (
        <DeleteDialog video={video} onClose={close} onDeleted={() => navigate('/')} />
      )}
    </>
  );
}

interface OwnerButtonProps {
  readonly label: string;
  readonly icon: IconName;
  readonly testId: string;
  readonly onClick: () => void;
}

function OwnerButton({ label, icon, testId, onClick }: OwnerButtonProps) {
  return (
    <button
      class="icon-button"
      type="button"
      aria-label={label}
      title={label}
      data-testid={testId}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

export function MissingVideo() {
  return (
    <Message icon="film" title="This video does not exist">
      <p>It may have been deleted, or the address may be mistyped.</p>
      <a class="button primary" href="/">
        Go to the library
      </a>
    </Message>
  );
}

interface TroubleProps {
  readonly message: string;
  readonly onRetry: () => void;
}

export function VideoTrouble({ message, onRetry }: TroubleProps) {
  return (
    <Message icon="warning" title="The video could not be loaded">
      <p role="alert">{message}</p>
      <button class="button primary" type="button" onClick={onRetry}>
        Try again
      </button>
    </Message>
  );
}
