import type { Video } from '../api/types';
import { clock, duration } from '../text/format';
import { ControlButton } from './control_button';
import type { Models } from './player';
import type { PlayerModel } from './player_model';
import { CaptionsMenu, QualityMenu, SpeedMenu } from './menus';
import { SeekBar } from './seek_bar';
import { Volume } from './volume';

interface ControlsProps {
  readonly video: Video;
  readonly models: Models;
  readonly visible: boolean;
}

export function Controls({ video, models, visible }: ControlsProps) {
  const { player, captions, loudness, screen } = models;
  return (
    <div class="controls" data-idle={!visible} role="group" aria-label="Player controls">
      <SeekBar player={player} storyboardUrl={video.urls.storyboard} />
      <div class="control-row">
        <PlayButton player={player} />
        <Volume player={player} />
        <Time player={player} />
        <span class="spacer" />
        {captions.available.value && <CaptionsMenu captions={captions} />}
        {loudness.known.value && (
          <ControlButton
            class="wide-only"
            icon="evenLoudness"
            label="Even loudness"
            testId="even-loudness"
            pressed={loudness.even.value}
            onClick={() => loudness.setEven(!loudness.even.value, video)}
          />
        )}
        <SpeedMenu player={player} />
        {player.choices.value.length > 0 && <QualityMenu player={player} video={video} />}
        {screen.canPictureInPicture && (
          <ControlButton
            class="wide-only"
            icon="pictureInPicture"
            label="Picture in picture (i)"
            onClick={() => screen.togglePictureInPicture()}
          />
        )}
        <ControlButton
          class="wide-only"
          icon="keyboard"
          label="Keyboard shortcuts (?)"
          onClick={() => (screen.helpOpen.value = true)}
        />
        <ControlButton
          icon={screen.fullscreen.value ? 'fullscreenExit' : 'fullscreen'}
          label={screen.fullscreen.value ? 'Leave full screen (f)' : 'Full screen (f)'}
          onClick={() => screen.toggleFullscreen()}
        />
      </div>
    </div>
  );
}

function PlayButton({ player }: { player: PlayerModel }) {
  const { paused, ended } = player.media;
  const toggle = () => player.togglePlay();
  const testId = 'play-button';
  if (ended.value) {
    return <ControlButton icon="replay" label="Play again (k)" testId={testId} onClick={toggle} />;
  }
  return paused.value ? (
    <ControlButton icon="play" label="Play (k)" testId={testId} onClick={toggle} />
  ) : (
    <ControlButton icon="pause" label="Pause (k)" testId={testId} onClick={toggle} />
  );
}

function Time({ player }: { player: PlayerModel }) {
  const { media } = player;
  return (
    <span class="time">
      {clock(media.seconds.value)} <span>/ {duration(media.duration.value)}</span>
    </span>
  );
}
