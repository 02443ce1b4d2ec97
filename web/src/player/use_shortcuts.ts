import { useEffect } from 'preact/hooks';
import { isTyping } from '../ui/is_typing';
import { commandOf, type Command } from './commands';
import type { Models } from './player';
import { shortcutsEnabled } from './shortcut_setting';

// Runs the player's keys wherever on the page the focus is.
export function useShortcuts(models: Models, showControls: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!shortcutsEnabled.value || belongsToTarget(event)) return;
      const command = commandOf(event);
      if (!command) return;
      event.preventDefault();
      showControls();
      run(command, models);
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [models]);
}

const volumeSliderKeys = ['ArrowLeft', 'ArrowRight', 'Home', 'End'];

function belongsToTarget({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (isTyping(target) || target.closest('dialog[open]')) return true;
  if (target.matches('.volume-slider')) return volumeSliderKeys.includes(key);
  // Space presses the button one has tabbed to, but not the one clicked last.
  return key === ' ' && target.matches('button:focus-visible, a:focus-visible');
}

function run(command: Command, { player, captions, screen }: Models): void {
  const { duration, volume } = player.media;
  switch (command.kind) {
    case 'togglePlay':
      return player.togglePlay();
    case 'toggleMute':
      return player.toggleMute();
    case 'toggleFullscreen':
      return screen.toggleFullscreen();
    case 'toggleCaptions':
      return captions.toggle();
    case 'togglePictureInPicture':
      return screen.togglePictureInPicture();
    case 'toggleTheatre':
      return screen.toggleTheatre();
    case 'toggleHelp':
      screen.helpOpen.value = !screen.helpOpen.value;
      return;
    case 'seekToStart':
      return player.seekTo(0);
    case 'seekToEnd':
      return player.seekTo(duration.value);
    case 'seekBy':
      return player.seekBy(command.seconds);
    case 'seekToTenth':
      return player.seekTo((duration.value * command.tenth) / 10);
    case 'volumeBy':
      return player.setVolume(volume.value + command.amount);
    case 'stepFrame':
      return player.stepFrame(command.direction);
    case 'stepRate':
      return player.stepRate(command.direction);
  }
}
