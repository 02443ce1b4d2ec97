// The player arrives in its own chunk: the library must not wait for it.
import { signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import type { PlayerProps } from './player';

const loaded = signal<ComponentType<PlayerProps> | null>(null);
const failed = signal(false);
let started = false;

export function preloadPlayer(): void {
  if (started) return;
  started = true;
  failed.value = false;
  import('./player').then(
    (module) => {
      loaded.value = module.Player;
    },
    () => {
      started = false;
      failed.value = true;
    },
  );
}

export function LazyPlayer(props: PlayerProps) {
  useEffect(preloadPlayer, []);
  const Player = loaded.value;
  if (Player) return <Player {...props} />;
  return (
    <div class="player" data-testid="player-loading" aria-busy={!failed.value}>
      {failed.value && (
        <div class="player-error" role="alert">
          <p>The player could not be loaded.</p>
          <button class="button" type="button" onClick={preloadPlayer}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}
