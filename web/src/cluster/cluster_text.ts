// The cluster in words. Pure, so that it can be tested.
import type { Cluster, ContentNode } from '../api/types';
import { byteSize } from '../text/format';

export type Mood = 'calm' | 'worried';

export interface Summary {
  readonly mood: Mood;
  readonly text: string;
}

// The one line that an operator reads.
export function summaryOf(cluster: Cluster): Summary {
  const troubled = cluster.nodes.filter((node) => node.state !== 'up');
  if (troubled.length > 0) {
    const names = troubled.map(nameOf).join(', ');
    return { mood: 'worried', text: `Not all is well with ${names}.` };
  }
  const full = cluster.nodes.filter((node) => node.read_only);
  if (full.length > 0) {
    return { mood: 'worried', text: `Full, reads only: ${full.map(nameOf).join(', ')}.` };
  }
  if (cluster.id === null) return { mood: 'calm', text: 'One machine, and all is well.' };
  return {
    mood: 'calm',
    text: `All ${cluster.nodes.length} nodes are up. Of each blob there are ${cluster.copies} copies.`,
  };
}

export function nameOf(node: ContentNode): string {
  return node.address || 'this server';
}

export function sizeOf(bytes: number | null): string {
  return bytes === null ? '–' : byteSize(bytes);
}

export function jobsText(jobs: Cluster['jobs']): string {
  return jobs === null ? '–' : `${jobs.running} running, ${jobs.waiting} waiting`;
}

// How full a disk is, 0 to 1; null when that is not known.
export function fullnessOf(node: ContentNode): number | null {
  if (node.capacity_bytes === null || node.free_bytes === null) return null;
  if (node.capacity_bytes === 0) return null;
  return 1 - node.free_bytes / node.capacity_bytes;
}
