import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterPlan } from '../api/types';
import { PlanWatch } from './plan_watch';

const copying = (planBytes: number, change = 7): ClusterPlan => ({
  change,
  phase: 'copying',
  progress: 0.5,
  files: 3,
  bytes: planBytes,
  plan_bytes: planBytes,
  plan_bytes_expected: 10_000,
});

test('one look is not enough to tell how long a plan will take', () => {
  assert.equal(new PlanWatch().look(copying(1000), 0), null);
});

test('what is left takes as long as the bytes went so far', () => {
  const watch = new PlanWatch();
  watch.look(copying(0), 0);
  assert.equal(watch.look(copying(2000), 2000), 8);
});

test('more than was expected is nearly over', () => {
  const watch = new PlanWatch();
  watch.look(copying(0), 0);
  assert.equal(watch.look(copying(12_000), 2000), 0);
});

test('a plan that stands still has no end', () => {
  const watch = new PlanWatch();
  watch.look(copying(1000), 0);
  assert.equal(watch.look(copying(1000), 2000), null);
});

test('another plan and another change are looked at anew', () => {
  const watch = new PlanWatch();
  watch.look(copying(5000), 0);
  assert.equal(watch.look(copying(1000), 2000), null);
  assert.equal(watch.look(copying(2000, 9), 4000), null);
});

test('nothing is left to tell when nothing is copied', () => {
  const watch = new PlanWatch();
  watch.look(copying(0), 0);
  assert.equal(watch.look({ ...copying(2000), phase: 'finishing' }, 2000), null);
  assert.equal(watch.look(null, 4000), null);
});
