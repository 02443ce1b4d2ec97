import type { IconName } from '../ui/icon';
import { ControlButton } from './control_button';
import type { PlayerModel } from './player_model';

export function Volume({ player }: { player: PlayerModel }) {
  const { muted, volume } = player.media;
  const loudness = muted.value ? 0 : volume.value;
  return (
    <div class="volume">
      <ControlButton
        icon={volumeIcon(loudness)}
        label={muted.value ? 'Unmute (m)' : 'Mute (m)'}
        onClick={() => player.toggleMute()}
      />
      <input
        class="volume-slider wide-only"
        type="range"
        aria-label="Volume"
        aria-valuetext={`${Math.round(loudness * 100)} %`}
        min={0}
        max={1}
        step={0.05}
        value={loudness}
        style={{ '--fill': `${loudness * 100}%` }}
        onInput={(event) => player.setVolume(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}

function volumeIcon(loudness: number): IconName {
  if (loudness === 0) return 'volumeOff';
  return loudness < 0.5 ? 'volumeLow' : 'volumeHigh';
}
