import { useEffect, useRef, useState } from 'preact/hooks';
import type { Video } from '../api/types';
import { Icon } from '../ui/icon';
import { isAudioOnly } from '../ui/video_state';
import { CaptionText } from './caption_text';
import { CaptionsModel } from './captions_model';
import { Controls } from './controls';
import { HelpDialog } from './help_dialog';
import { LoudnessModel } from './loudness_model';
import { useMediaSession } from './media_session';
import { BigPlayButton, ErrorPanel, Spinner, UnmuteButton } from './overlays';
import { PlayerModel } from './player_model';
import { playingElement } from './playing';
import { ScreenModel } from './screen_model';
import { onSeekRequest } from './seek_requests';
import { useAutoHide } from './use_auto_hide';
import { useShortcuts } from './use_shortcuts';

export interface PlayerProps {
  readonly video: Video;
  readonly autoplay: boolean;
}

export interface Models {
  readonly player: PlayerModel;
  readonly captions: CaptionsModel;
  readonly loudness: LoudnessModel;
  readonly screen: ScreenModel;
}

// The <video> element first; the models need it, and the controls need the models.
export function Player({ video, autoplay }: PlayerProps) {
  const box = useRef<HTMLDivElement>(null);
  const element = useRef<HTMLVideoElement>(null);
  const [models, setModels] = useState<Models | null>(null);

  useEffect(() => {
    if (!box.current || !element.current) return;
    const player = new PlayerModel(element.current, video, { autoplay });
    const captions = new CaptionsModel(element.current);
    const loudness = new LoudnessModel(element.current);
    const screen = new ScreenModel(box.current, element.current);
    player.open();
    playingElement.value = element.current;
    setModels({ player, captions, loudness, screen });
    const stopListening = onSeekRequest((seconds) => player.playFrom(seconds));
    return () => {
      stopListening();
      playingElement.value = null;
      player.close();
      captions.close();
      loudness.close();
      screen.close();
    };
    // The video's other fields change while it is processed; the playback goes on.
  }, [video.id]);

  useEffect(() => {
    models?.player.update(video);
    models?.loudness.update(video);
  }, [models, video]);

  return (
    <div class="player" ref={box} data-testid="player" data-audio={isAudioOnly(video)}>
      {/* A new element for each video: an audio graph cannot be taken off again. */}
      <video
        key={video.id}
        ref={element}
        poster={video.urls.poster ?? undefined}
        aria-label={video.title}
        playsInline
        preload="auto"
      >
        {video.captions.map(({ lang, label, url }) => (
          <track key={url} kind="subtitles" src={url} srcLang={lang} label={label} />
        ))}
      </video>
      {isAudioOnly(video) && video.urls.poster === null && (
        <div class="audio-glyph">
          <Icon name="note" />
        </div>
      )}
      {models && box.current && <Interface video={video} models={models} box={box.current} />}
    </div>
  );
}

interface InterfaceProps {
  readonly video: Video;
  readonly models: Models;
  readonly box: HTMLElement;
}

function Interface({ video, models, box }: InterfaceProps) {
  const { player, captions, screen } = models;
  const controls = useAutoHide(box, player.media.paused.value);
  useShortcuts(models, controls.show);
  useMediaSession(video, player);

  const onSurfaceClick = (event: MouseEvent) => {
    const isTouch = event instanceof PointerEvent && event.pointerType === 'touch';
    if (!isTouch) player.togglePlay();
    else if (controls.visible) controls.hide();
    else controls.show();
  };
  return (
    <>
      <div
        class="surface"
        data-idle={!controls.visible}
        onClick={onSurfaceClick}
        onDblClick={() => screen.toggleFullscreen()}
      />
      <CaptionText captions={captions} raised={controls.visible} />
      <Spinner player={player} video={video} />
      <BigPlayButton player={player} />
      <Controls video={video} models={models} visible={controls.visible} />
      <UnmuteButton player={player} />
      <ErrorPanel player={player} />
      <HelpDialog screen={screen} />
    </>
  );
}
