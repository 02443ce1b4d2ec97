import { useEffect, useRef, useState } from 'preact/hooks';
import type { Video } from '../api/types';
import { useCluster } from '../cluster/use_cluster';
import { timeLeft } from '../text/format';
import { SpeedMeter } from '../upload/speed_meter';
import { workersText } from './workers_text';

// Any unit would do: the meter counts bytes.
const wholeWork = 1e6;

// Who makes what of a video that is being converted, and for how long yet.
export function WorkLine({ video }: { video: Video }) {
  const { cluster } = useCluster();
  const secondsLeft = useSecondsLeft(video.progress);
  const facts = [
    workersText(cluster?.workers ?? [], video.id),
    secondsLeft === null ? '' : timeLeft(secondsLeft),
  ].filter(Boolean);
  if (facts.length === 0) return null;
  return (
    <p class="facts" data-testid="work-line">
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
    </p>
  );
}

// Null until the progress has moved often enough to tell.
function useSecondsLeft(progress: number): number | null {
  const meter = useRef(new SpeedMeter());
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => {
    meter.current.add(progress * wholeWork, performance.now());
    const speed = meter.current.bytesPerSecond();
    setLeft(speed ? ((1 - progress) * wholeWork) / speed : null);
  }, [progress]);
  return left;
}
