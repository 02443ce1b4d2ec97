// The cluster in words. Pure, so that it can be tested.
import type { Cluster, ClusterPlan, ContentNode, PastChange, Worker } from '../api/types';
import { byteSize, count, percent, timeLeft } from '../text/format';

export type Mood = 'calm' | 'worried';

export interface Summary {
  readonly mood: Mood;
  readonly text: string;
}

// The one line that an operator reads.
export function summaryOf(cluster: Cluster): Summary {
  const worst = cluster.health.reasons[0];
  if (worst) {
    return {
      mood: cluster.health.state === 'healing' ? 'calm' : 'worried',
      text: sentence(worst),
    };
  }
  if (cluster.id === null) return { mood: 'calm', text: 'One machine, and all is well.' };
  return {
    mood: 'calm',
    text: `All ${cluster.nodes.length} nodes are up. Of each blob there are ${cluster.copies} copies.`,
  };
}

// What else is not as it should be.
export function otherReasonsOf(cluster: Cluster): readonly string[] {
  return cluster.health.reasons.slice(1).map(sentence);
}

function sentence(reason: string): string {
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}

// When every byte of a node was last read and found whole, or how far that is.
export function verifiedOf(node: ContentNode): string {
  const upkeep = node.upkeep;
  if (!upkeep) return '–';
  if (upkeep.scrub_began_at && upkeep.scrub_bytes_all > 0) {
    return percent(Math.min(1, upkeep.scrub_bytes / upkeep.scrub_bytes_all));
  }
  return upkeep.scrub_ended_at ? upkeep.scrub_ended_at.slice(0, 10) : '–';
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

type Doing = Worker['doing'][number];

const workNames: Record<Doing['work'], string> = {
  sound: 'sound',
  whole: 'all of it',
  pictures: 'pictures',
  extras: 'poster and storyboard',
};

export function workText(doing: Doing): string {
  if (doing.chunk !== null) return `chunk ${doing.chunk} (${percent(doing.fraction ?? 0)})`;
  return workNames[doing.work];
}

// How full a disk is, 0 to 1; null when that is not known.
export function fullnessOf(node: ContentNode): number | null {
  if (node.capacity_bytes === null || node.free_bytes === null) return null;
  if (node.capacity_bytes === 0) return null;
  return 1 - node.free_bytes / node.capacity_bytes;
}

// What a node is about to become says more than that it is up.
export function stateOf(node: ContentNode): string {
  if (node.state !== 'up') return node.state;
  if (node.standing !== 'member') return node.standing;
  return node.read_only ? 'full' : node.state;
}

// Who comes and who goes: "Adding localhost:8093".
export function planTitle(cluster: Cluster): string {
  const names = (standing: ContentNode['standing']) =>
    cluster.nodes
      .filter((node) => node.standing === standing)
      .map(nameOf)
      .join(', ');
  const [joining, leaving] = [names('joining'), names('leaving')];
  const parts = [joining && `adding ${joining}`, leaving && `removing ${leaving}`].filter(Boolean);
  const text = parts.join(' and ') || 'moving data between the nodes';
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const phaseNames: Record<ClusterPlan['phase'], string> = {
  waiting: 'about to begin',
  copying: 'copying',
  finishing: 'finishing',
};

export function planFacts(plan: ClusterPlan, secondsLeft: number | null): string {
  const facts = [phaseNames[plan.phase]];
  if (plan.phase === 'copying') {
    facts.push(`${byteSize(plan.plan_bytes)} of about ${byteSize(plan.plan_bytes_expected)}`);
  }
  if (secondsLeft !== null) facts.push(timeLeft(secondsLeft));
  return facts.filter(Boolean).join(' · ');
}

// A node that the others have given up.
export function absenceOf(node: Cluster['given_up'][number]): string {
  const times = node.times > 1 ? `, ${node.times} times by now` : '';
  return `${node.address} was silent for too long and was given up${times}. It is taken in again when it is back to stay.`;
}

export function pastText(past: PastChange): string {
  if (past.outcome === 'aborted') return `The last change was given up: ${past.reason ?? 'nobody knows why'}.`;
  return `The last change is done: ${count(past.files, 'file')}, ${byteSize(past.bytes)} moved.`;
}
