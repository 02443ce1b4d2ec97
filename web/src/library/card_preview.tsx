import { useEffect, useState } from 'preact/hooks';
import { tileAt } from '../player/storyboard';
import { useStoryboard } from '../player/use_storyboard';

interface CardPreviewProps {
  readonly url: string;
  readonly duration: number;
}

const tileMilliseconds = 700;
const tileCount = 12;

// The video in a dozen pictures, while the pointer rests on its card.
export function CardPreview({ url, duration }: CardPreviewProps) {
  const tiles = useStoryboard(url);
  const [step, setStep] = useState(0);
  const [scale, setScale] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => setStep((before) => before + 1), tileMilliseconds);
    return () => window.clearInterval(timer);
  }, []);

  const tile = tileAt(tiles, ((step % tileCount) + 0.5) * (duration / tileCount));
  if (!tile) return null;
  // As large as the card's own picture allows.
  const fit = (box: HTMLElement | null) => {
    if (box) setScale(Math.min(box.clientWidth / tile.width, box.clientHeight / tile.height));
  };
  return (
    <div class="card-preview" ref={fit} data-testid="card-preview" aria-hidden="true">
      <div
        style={{
          width: `${tile.width}px`,
          height: `${tile.height}px`,
          scale: String(scale),
          backgroundImage: `url("${tile.url}")`,
          backgroundPosition: `-${tile.x}px -${tile.y}px`,
        }}
      />
    </div>
  );
}
