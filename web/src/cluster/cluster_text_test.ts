import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster, ContentNode } from '../api/types';
import { fullnessOf, jobsText, nameOf, sizeOf, summaryOf } from './cluster_text';

const node = (changes: Partial<ContentNode> = {}): ContentNode => ({
  id: 'node-aaaaaa',
  address: 'localhost:8090',
  zone: '',
  state: 'up',
  reason: null,
  slots: 4096,
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
  zones: [],
  nodes,
  jobs: { running: 1, waiting: 2 },
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
