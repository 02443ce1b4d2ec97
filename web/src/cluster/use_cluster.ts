import { useEffect, useState } from 'preact/hooks';
import { getCluster, messageOf } from '../api/client';
import type { Cluster } from '../api/types';

const refreshMilliseconds = 2000;

export interface ClusterLookup {
  // The newest that is known, also when the server does not answer any more.
  readonly cluster: Cluster | null;
  readonly trouble: string | null;
}

// Looks again every two seconds, while the page is seen.
export function useCluster(): ClusterLookup {
  const [lookup, setLookup] = useState<ClusterLookup>({ cluster: null, trouble: null });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let ended = false;
    const look = async () => {
      if (!document.hidden) {
        try {
          const cluster = await getCluster();
          if (!ended) setLookup({ cluster, trouble: null });
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
