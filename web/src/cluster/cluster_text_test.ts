import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster, ClusterPlan, ContentNode } from '../api/types';
import {
  fullnessOf,
  jobsText,
  nameOf,
  pastText,
  planFacts,
  planTitle,
  sizeOf,
  stateOf,
  summaryOf,
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
  read_only: false,
  ...changes,
});

const cluster = (nodes: readonly ContentNode[], id: string | null = 'cluster-aaa'): Cluster => ({
  id,
  epoch: 1,
  copies: 3,
  acks: 2,
  slots: 4096,
  balance: 1,
  plan: null,
  past_changes: [],
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

test('a node that is not up is named', () => {
  const down = node({ address: 'localhost:8091', state: 'down' });
  assert.deepEqual(summaryOf(cluster([node(), down])), {
    mood: 'worried',
    text: 'Not all is well with localhost:8091.',
  });
});

test('a full disk is named', () => {
  const full = node({ read_only: true });
  assert.equal(summaryOf(cluster([full])).text, 'Full, reads only: localhost:8090.');
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
