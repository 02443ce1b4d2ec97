import type { Video } from '../api/types';
import { Icon } from '../ui/icon';
import type { PlayerModel } from './player_model';

interface OverlayProps {
  readonly player: PlayerModel;
}

// A pause while buffering is a pause: the spinner belongs to waiting only.
export function Spinner({ player, video }: OverlayProps & { readonly video: Video }) {
  const { begun, paused } = player.media;
  const waiting = player.buffering.value && (!begun.value || !paused.value);
  if (!waiting || player.error.value !== null) return null;
  const reason = player.starved.value ? starvedText(video) : null;
  return (
    <div class="waiting" role="status" aria-label={reason ?? 'Loading'} data-testid="spinner">
      <div class="spinner" />
      {reason !== null && <p data-testid="starved">{reason}</p>}
    </div>
  );
}

function starvedText(video: Video): string {
  return video.state === 'uploading' ? 'Waiting for the upload …' : 'Waiting for the conversion …';
}

export function BigPlayButton({ player }: OverlayProps) {
  const { begun } = player.media;
  if (begun.value || player.buffering.value || player.error.value !== null) return null;
  return (
    <button
      class="big-play"
      type="button"
      aria-label="Play"
      data-testid="big-play-button"
      onClick={() => player.togglePlay()}
    >
      <Icon name="play" />
    </button>
  );
}

export function UnmuteButton({ player }: OverlayProps) {
  if (!player.mutedForAutoplay.value) return null;
  return (
    <button class="unmute" type="button" onClick={() => player.toggleMute()}>
      <Icon name="volumeOff" />
      Turn sound on
    </button>
  );
}

export function ErrorPanel({ player }: OverlayProps) {
  if (player.error.value === null) return null;
  return (
    <div class="player-error" role="alert" data-testid="player-error">
      <Icon name="warning" />
      <p>{player.error.value}</p>
      <button class="button" type="button" onClick={() => void player.retry()}>
        <Icon name="retry" />
        Try again
      </button>
    </div>
  );
}
