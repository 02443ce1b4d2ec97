import { useState } from 'preact/hooks';
import { clock } from '../text/format';
import type { PlayerModel } from './player_model';
import { tileAt, type Tile } from './storyboard';
import { useStoryboard } from './use_storyboard';

interface SeekBarProps {
  readonly player: PlayerModel;
  readonly storyboardUrl: string | null;
}

interface Hover {
  readonly seconds: number;
  readonly fraction: number;
}

// A range input does the work (keys, touch, screen readers); what one sees lies under it.
export function SeekBar({ player, storyboardUrl }: SeekBarProps) {
  const { seconds, duration, bufferedEnd } = player.media;
  const [hover, setHover] = useState<Hover | null>(null);
  const tiles = useStoryboard(storyboardUrl);
  const share = (value: number) =>
    duration.value > 0 ? `${Math.min(1, value / duration.value) * 100}%` : '0%';

  const onPointerMove = (event: PointerEvent & { currentTarget: HTMLElement }) => {
    const area = event.currentTarget.getBoundingClientRect();
    const fraction = Math.min(1, Math.max(0, (event.clientX - area.left) / area.width));
    setHover({ fraction, seconds: fraction * duration.value });
  };
  return (
    <div class="seek" onPointerMove={onPointerMove} onPointerLeave={() => setHover(null)}>
      <div class="seek-track">
        <span class="seek-buffered" style={{ inlineSize: share(bufferedEnd.value) }} />
        <span class="seek-played" style={{ inlineSize: share(seconds.value) }} />
      </div>
      <span class="seek-thumb" style={{ insetInlineStart: share(seconds.value) }} />
      <input
        type="range"
        data-testid="seek-bar"
        aria-label="Seek"
        aria-valuetext={`${clock(seconds.value)} of ${clock(duration.value)}`}
        min={0}
        max={duration.value}
        step={0.1}
        value={seconds.value}
        onInput={(event) => player.seekTo(event.currentTarget.valueAsNumber)}
      />
      {hover && duration.value > 0 && (
        <SeekTip hover={hover} tile={tileAt(tiles, hover.seconds)} />
      )}
    </div>
  );
}

function SeekTip({ hover, tile }: { hover: Hover; tile: Tile | undefined }) {
  // Keeps the tip inside the player near both ends.
  const half = tile ? tile.width / 2 : 24;
  const left = `clamp(${half}px, ${hover.fraction * 100}%, calc(100% - ${half}px))`;
  return (
    <div class="seek-tip" style={{ left }} aria-hidden="true">
      {tile && (
        <div
          class="seek-picture"
          style={{
            width: `${tile.width}px`,
            height: `${tile.height}px`,
            backgroundImage: `url("${tile.url}")`,
            backgroundPosition: `-${tile.x}px -${tile.y}px`,
          }}
        />
      )}
      {clock(hover.seconds)}
    </div>
  );
}
