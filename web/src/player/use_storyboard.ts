import { useEffect, useState } from 'preact/hooks';
import { parseStoryboard, type Tile } from './storyboard';

const none: readonly Tile[] = [];

// Pictures for the seek bar are an extra: without them it shows times only.
export function useStoryboard(url: string | null): readonly Tile[] {
  const [tiles, setTiles] = useState(none);
  useEffect(() => {
    if (url === null) return;
    const controller = new AbortController();
    const base = new URL(url, location.href).href;
    fetch(base, { signal: controller.signal })
      .then((response) => (response.ok ? response.text() : ''))
      .then((text) => setTiles(parseStoryboard(text, base)))
      .catch(() => setTiles(none));
    return () => controller.abort();
  }, [url]);
  return tiles;
}
