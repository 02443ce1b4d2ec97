// Times that are named outside the player: a chapter, a time in a description.
type SeekListener = (seconds: number) => void;
const listeners = new Set<SeekListener>();

// Every player on the page goes there and plays.
export function requestSeek(seconds: number): void {
  listeners.forEach((listener) => listener(seconds));
}

// Returns what ends it.
export function onSeekRequest(listener: SeekListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
