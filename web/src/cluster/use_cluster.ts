import { useEffect, useState } from 'preact/hooks';
import { getCluster, messageOf } from '../api/client';
import type { Cluster } from '../api/types';
import { PlanWatch } from './plan_watch';

const refreshMilliseconds = 2000;

export interface ClusterLookup {
  // The newest that is known, also when the server does not answer any more.
  readonly cluster: Cluster | null;
  // Until the present plan is over; null when nothing moves, or nobody can tell yet.
  readonly secondsLeft: number | null;
  readonly trouble: string | null;
}

const nothingYet: ClusterLookup = { cluster: null, secondsLeft: null, trouble: null };

// Looks again every two seconds, while the page is seen.
export function useCluster(): ClusterLookup {
  const [lookup, setLookup] = useState<ClusterLookup>(nothingYet);
  useEffect(() => {
    const watch = new PlanWatch();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const look = async () => {
      if (!document.hidden) {
        try {
          const cluster = await getCluster();
          const secondsLeft = watch.look(cluster.plan, performance.now());
          if (!ended) setLookup({ cluster, secondsLeft, trouble: null });
        } catch (error) {
          if (!ended) setLookup((last) => ({ ...last, trouble: messageOf(error) }));
        }
      }
      if (!ended) timer = setTimeout(() => void look(), refreshMilliseconds);
    };
    void look();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, []);
  return lookup;
}
