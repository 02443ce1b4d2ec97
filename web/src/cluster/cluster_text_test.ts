import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster, ClusterPlan, ContentNode } from '../api/types';
import {
  absenceOf,
  fullnessOf,
  jobsText,
  nameOf,
  otherReasonsOf,
  pastText,
  planFacts,
  planTitle,
  sizeOf,
  stateOf,
  summaryOf,
  verifiedOf,
  workText,
} from './cluster_text';

const node = (changes: Partial<ContentNode> = {}): ContentNode => ({
  id: 'node-aaaaaa',
  address: 'localhost:8090',
  zone: '',
  standing: 'member',
  state: 'up',
  reason: null,
  slots: 4096,
  pulling: null,
  stored_bytes: 10,
  free_bytes: 25,
  capacity_bytes: 100,
  damaged_blobs: 0,
  upkeep: null,
  read_only: false,
  ...changes,
});

const ok: Cluster['health'] = {
  state: 'ok',
  reasons: [],
  slots_short_of_copies: 0,
  slots_read_only: 0,
  slots_unreadable: 0,
};

const cluster = (nodes: readonly ContentNode[], id: string | null = 'cluster-aaa'): Cluster => ({
  id,
  health: ok,
  epoch: 1,
  copies: 3,
  acks: 2,
  slots: 4096,
  balance: 1,
  plan: null,
  past_changes: [],
  given_up: [],
  zones: [],
  nodes,
  jobs: { running: 1, waiting: 2 },
  workers: [],
  space: null,
});

test('a cluster in which every node is up is calm', () => {
  assert.deepEqual(summaryOf(cluster([node(), node(), node()])), {
    mood: 'calm',
    text: 'All 3 nodes are up. Of each blob there are 3 copies.',
  });
  assert.equal(summaryOf(cluster([node({ address: '' })], null)).mood, 'calm');
});

test('who was given up is expected back', () => {
  const gone = { id: 'node-c', address: 'c:1', times: 1 };
  assert.equal(absenceOf(gone), 'c:1 was silent for too long and was given up. It is taken in again when it is back to stay.');
  assert.match(absenceOf({ ...gone, times: 3 }), /given up, 3 times by now\. /);
});

test('the worst that is wrong is said, and what else there is below', () => {
  const health = { ...ok, state: 'degraded', reasons: ['a node is down', 'a disk is full'] } as const;
  const worried = { ...cluster([node()]), health };
  assert.deepEqual(summaryOf(worried), {
    mood: 'worried',
    text: 'A node is down.',
  });
  assert.deepEqual(otherReasonsOf(worried), ['A disk is full.']);
});

test('a cluster that heals itself is calm', () => {
  const health = { ...ok, state: 'healing', reasons: ['a node is being repaired'] } as const;
  assert.equal(summaryOf({ ...cluster([node()]), health }).mood, 'calm');
});

test('a node tells when all of it was verified, or how far that is', () => {
  const upkeep = {
    asked: 0,
    scrubbed_for: 0,
    compared_for: 0,
    scrub_began_at: null,
    scrub_bytes: 30,
    scrub_bytes_all: 120,
    scrub_ended_at: '2026-11-29T10:00:00.000Z',
    healed_blobs: 0,
    compared_at: null,
    differing_slots: 0,
    lacking_slots: 0,
    caught_up_blobs: 0,
    caught_up_bytes: 0,
  };
  assert.equal(verifiedOf(node()), '–');
  assert.equal(verifiedOf(node({ upkeep })), '2026-11-29');
  assert.equal(verifiedOf(node({ upkeep: { ...upkeep, scrub_began_at: 'now' } })), '25%');
});

test('what is not known is a dash', () => {
  assert.equal(sizeOf(null), '–');
  assert.equal(jobsText(null), '–');
  assert.equal(fullnessOf(node({ free_bytes: null })), null);
  assert.equal(fullnessOf(node({ capacity_bytes: 0 })), null);
});

test('a disk is as full as what is not free of it', () => {
  assert.equal(fullnessOf(node()), 0.75);
});

test('the store within a server has no address', () => {
  assert.equal(nameOf(node({ address: '' })), 'this server');
});

test('who comes and who goes is named', () => {
  const fourth = node({ address: 'localhost:8093', standing: 'joining' });
  const first = node({ standing: 'leaving' });
  assert.equal(planTitle(cluster([node(), fourth])), 'Adding localhost:8093');
  assert.equal(planTitle(cluster([first])), 'Removing localhost:8090');
  assert.equal(
    planTitle(cluster([first, fourth])),
    'Adding localhost:8093 and removing localhost:8090',
  );
  assert.equal(planTitle(cluster([node()])), 'Moving data between the nodes');
});

test('a node that joins or leaves is called so, unless something is wrong with it', () => {
  assert.equal(stateOf(node()), 'up');
  assert.equal(stateOf(node({ standing: 'joining' })), 'joining');
  assert.equal(stateOf(node({ standing: 'leaving', state: 'down' })), 'down');
  assert.equal(stateOf(node({ read_only: true })), 'full');
});

test('a plan tells how far it is, and how long it will take once that is known', () => {
  const plan: ClusterPlan = {
    change: 7,
    phase: 'copying',
    progress: 0.4,
    files: 12,
    bytes: 40e6,
    plan_bytes: 40e6,
    plan_bytes_expected: 100e6,
  };
  assert.equal(planFacts(plan, null), 'copying · 40 MB of about 100 MB');
  assert.equal(planFacts(plan, 42), 'copying · 40 MB of about 100 MB · 45 s left');
  assert.equal(planFacts({ ...plan, phase: 'waiting' }, null), 'about to begin');
  assert.equal(planFacts({ ...plan, phase: 'finishing' }, null), 'finishing');
});

test('how the last change has ended is told', () => {
  const done = { change: 7, outcome: 'done', files: 1, bytes: 2e6, reason: null } as const;
  assert.equal(pastText(done), 'The last change is done: 1 file, 2.0 MB moved.');
  assert.equal(
    pastText({ ...done, outcome: 'aborted', reason: 'an operator has aborted it' }),
    'The last change was given up: an operator has aborted it.',
  );
});

test('what a worker does is named, a chunk by its number', () => {
  assert.equal(workText({ video: 'a', work: 'pictures', chunk: 3, fraction: 0.5 }), 'chunk 3 (50%)');
  assert.equal(workText({ video: 'a', work: 'whole', chunk: null, fraction: null }), 'all of it');
});
