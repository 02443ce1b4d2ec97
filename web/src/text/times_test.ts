import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitTimes } from './times';

const times = (text: string, duration: number | null = null) =>
  splitTimes(text, duration).flatMap(({ seconds }) => seconds ?? []);

test('times with and without hours are found where they stand', () => {
  assert.deepEqual(splitTimes('0:00 Intro\nsee 1:02:03!', null), [
    { text: '0:00', seconds: 0 },
    { text: ' Intro\nsee ' },
    { text: '1:02:03', seconds: 3723 },
    { text: '!' },
  ]);
  assert.deepEqual(times('(12:34) 75:00 00:09'), [754, 4500, 9]);
});

test('what only looks like a time is text', () => {
  for (const text of ['', 'a', '1:2', '1:60', '1:2:03', '12:345', '1:23:4', 'v1.2:30', '1:23:45:67']) {
    assert.deepEqual(times(text), [], text);
  }
});

test('a time behind the end of the video is text', () => {
  assert.deepEqual(times('0:10 and 9:59', 60), [10]);
});

test('the parts join to the text', () => {
  const text = 'a 0:01 b 99:99 c 2:00';
  assert.equal(splitTimes(text, 100).map((part) => part.text).join(''), text);
});
