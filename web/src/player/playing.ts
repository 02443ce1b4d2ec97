// The element that plays on this page, for what stands beside the player.
import { signal } from '@preact/signals';

export const playingElement = signal<HTMLVideoElement | null>(null);
