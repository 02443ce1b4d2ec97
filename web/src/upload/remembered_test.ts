import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRemembered, withoutUpload, withUpload } from './remembered';

const upload = (n: number) => ({
  name: `${n}.mp4`,
  size: n,
  lastModified: 1,
  url: `/api/v1/uploads/${n}`,
  videoId: `v${n}`,
});

test('what is stored comes back, and what is no list of uploads is none', () => {
  assert.deepEqual(parseRemembered(JSON.stringify([upload(1), { name: 'x' }, 7, null])), [upload(1)]);
  for (const text of [null, '', '{', '{"a":1}', '7', 'null']) {
    assert.deepEqual(parseRemembered(text), [], String(text));
  }
});

test('an upload is remembered once, the newest first, and not for ever', () => {
  let list = withUpload(withUpload([], upload(1)), upload(2));
  list = withUpload(list, upload(1));
  assert.deepEqual(list.map(({ size }) => size), [1, 2]);
  for (let n = 3; n < 40; n++) list = withUpload(list, upload(n));
  assert.equal(list.length, 20);
  assert.equal(list[0]?.size, 39);
});

test('an upload that is over is forgotten', () => {
  assert.deepEqual(withoutUpload([upload(1), upload(2)], upload(1).url), [upload(2)]);
});
