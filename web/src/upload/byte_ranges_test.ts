import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteCount, firstGap, parseRanges, withRange } from './byte_ranges';

const range = (begin: number, end: number) => ({ begin, end });

test('ranges that touch or overlap become one, in order', () => {
  let ranges = withRange([], range(10, 20));
  ranges = withRange(ranges, range(40, 50));
  assert.deepEqual(withRange(ranges, range(20, 30)), [range(10, 30), range(40, 50)]);
  assert.deepEqual(withRange(ranges, range(15, 45)), [range(10, 50)]);
  assert.deepEqual(withRange(ranges, range(0, 5)), [range(0, 5), range(10, 20), range(40, 50)]);
  assert.deepEqual(withRange(ranges, range(12, 12)), ranges);
});

test('the first gap ends where the next bytes are', () => {
  const ranges = [range(0, 10), range(20, 30)];
  assert.deepEqual(firstGap(ranges, range(0, 50)), range(10, 20));
  assert.deepEqual(firstGap(ranges, range(15, 18)), range(15, 18));
  assert.deepEqual(firstGap(ranges, range(20, 50)), range(30, 50));
  assert.deepEqual(firstGap([], range(5, 9)), range(5, 9));
});

test('there is no gap where everything is', () => {
  assert.equal(firstGap([range(0, 10)], range(2, 10)), null);
  assert.equal(firstGap([], range(3, 3)), null);
});

test('the header names the last byte of each range', () => {
  const ranges = parseRanges('0-1048575,4194304-8388607');
  assert.deepEqual(ranges, [range(0, 1048576), range(4194304, 8388608)]);
  assert.equal(byteCount(ranges), 5 * 1048576);
});

test('nothing stored is an empty header, and what cannot be read is left out', () => {
  assert.deepEqual(parseRanges(''), []);
  assert.deepEqual(parseRanges(null), []);
  assert.deepEqual(parseRanges('bytes, 5-3, -1-2, 7-8, 9999999999999999999-1'), [range(7, 9)]);
});
