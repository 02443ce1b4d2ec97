import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noPositions, parsePositions, positionOf, withPosition } from './positions';

const left = (id: string, seconds: number) => ({ id, seconds, duration: 100, at: 1 });

test('a video continues where it was left', () => {
  const positions = withPosition(withPosition(noPositions, left('a', 30)), left('a', 42));
  assert.equal(positionOf(positions, 'a'), 42);
  assert.equal(positionOf(positions, 'b'), 0);
});

test('a video that was finished, or hardly begun, starts over', () => {
  const positions = withPosition(noPositions, left('a', 30));
  assert.equal(positionOf(withPosition(positions, left('a', 95)), 'a'), 0);
  assert.equal(positionOf(withPosition(positions, left('a', 2)), 'a'), 0);
});

test('the memory is bounded and forgets the oldest', () => {
  let positions = noPositions;
  for (let i = 0; i < 250; i++) positions = withPosition(positions, left(`v${i}`, 30));
  assert.equal(positions.length, 200);
  assert.equal(positionOf(positions, 'v0'), 0);
  assert.equal(positionOf(positions, 'v249'), 30);
});

test('nonsense in the storage is ignored', () => {
  assert.deepEqual(parsePositions('{'), []);
  assert.deepEqual(parsePositions('{"a":1}'), []);
  assert.deepEqual(parsePositions('[1,null,{"id":"a","seconds":"x"}]'), []);
});
