import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from '../api/types';
import { workersText } from './workers_text';

const worker = (name: string, ...doing: Worker['doing']): Worker => ({ name, slots: 2, doing });
const chunk = (video: string, number: number) => ({ video, work: 'pictures' as const, chunk: number, fraction: 0.25 });

test('only those who work on the video are named, with what they make of it', () => {
  const sound = { video: 'film', work: 'sound' as const, chunk: null, fraction: null };
  const workers = [
    worker('a:1', sound, chunk('film', 2)),
    worker('b:2', chunk('other', 7)),
    worker('c:3', chunk('film', 3), chunk('other', 8)),
  ];
  assert.equal(workersText(workers, 'film'), 'a:1: sound, chunk 2 (25%) · c:3: chunk 3 (25%)');
});

test('nobody is nothing', () => {
  assert.equal(workersText([], 'film'), '');
  assert.equal(workersText([worker('a:1')], 'film'), '');
});
