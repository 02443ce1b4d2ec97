import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boxAt, lateIndex } from './box_layout';

const word = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const name = (type: string) => Array.from(type, (letter) => letter.charCodeAt(0));
const box = (type: string, size: number) => [...word(size), ...name(type), ...new Array<number>(size - 8).fill(0)];
const longBox = (type: string, high: number, low: number) => [...word(1), ...name(type), ...word(high), ...word(low)];

const indexOf = (bytes: readonly number[], fileBytes = bytes.length) => {
  const file = Uint8Array.from(bytes);
  return lateIndex(fileBytes, (offset, length) => Promise.resolve(file.subarray(offset, offset + length)));
};

test('an index behind the samples is found', async () => {
  const file = [...box('ftyp', 24), ...box('free', 8), ...box('mdat', 100), ...box('moov', 40)];
  assert.deepEqual(await indexOf(file), { begin: 132, end: 172 });
});

test('an index before the samples needs no other order', async () => {
  assert.equal(await indexOf([...box('ftyp', 24), ...box('moov', 40), ...box('mdat', 100)]), null);
});

test('samples of more than four gigabytes are stepped over', async () => {
  const moovBegin = 24 + 2 ** 32 + 5;
  const begin = [...box('ftyp', 24), ...longBox('mdat', 1, 5)];
  const reads = new Map([[0, begin.slice(0, 16)], [24, begin.slice(24)], [moovBegin, box('moov', 16)]]);
  const read = (offset: number) => Promise.resolve(Uint8Array.from(reads.get(offset) ?? []));
  assert.deepEqual(await lateIndex(moovBegin + 16, read), { begin: moovBegin, end: moovBegin + 16 });
});

test('a box of size 0 goes to the end of the file', () => {
  const header = Uint8Array.from([...word(0), ...name('mdat')]);
  assert.deepEqual(boxAt(header, 10, 500), { type: 'mdat', begin: 10, end: 500 });
});

test('sizes that are too small, or reach out of the file, are no boxes', () => {
  for (const size of [2, 7, 501, 0xffffffff]) {
    assert.equal(boxAt(Uint8Array.from([...word(size), ...name('mdat')]), 0, 500), null, String(size));
  }
  assert.equal(boxAt(Uint8Array.from(longBox('mdat', 0, 15)), 0, 500), null);
  assert.equal(boxAt(Uint8Array.from(longBox('mdat', 0xffffffff, 0xffffffff)), 0, 500), null);
  assert.equal(boxAt(Uint8Array.from([...word(1), ...name('mdat')]), 492, 500), null);
  assert.equal(boxAt(Uint8Array.from([0, 0]), 0, 500), null);
});

test('what is no film, is cut off, or has its samples in fragments has no late index', async () => {
  assert.equal(await indexOf(name('RIFF....AVI LIST')), null);
  assert.equal(await indexOf([]), null);
  assert.equal(await indexOf([...box('ftyp', 24), ...box('mdat', 100), ...box('moov', 40).slice(0, 20)]), null);
  assert.equal(await indexOf([...box('ftyp', 24), ...box('mdat', 50), ...box('moof', 40), ...box('moov', 40)]), null);
});

test('a file of ever more boxes is given up', async () => {
  let reads = 0;
  const read = () => {
    reads += 1;
    return Promise.resolve(Uint8Array.from(box('free', 16)));
  };
  assert.equal(await lateIndex(1_000_000, read), null);
  assert.equal(reads, 64);
});
