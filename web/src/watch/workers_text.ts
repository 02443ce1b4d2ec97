// Who makes what of a video, in a line. Pure.
import type { Worker } from '../api/types';
import { workText } from '../cluster/cluster_text';

export function workersText(workers: readonly Worker[], id: string): string {
  return workers
    .map(({ name, doing }) => ({ name, works: doing.filter(({ video }) => video === id) }))
    .filter(({ works }) => works.length > 0)
    .map(({ name, works }) => `${name}: ${works.map(workText).join(', ')}`)
    .join(' · ');
}
