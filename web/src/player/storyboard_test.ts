import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStoryboard, tileAt } from './storyboard';

const text = `WEBVTT

00:00.000 --> 00:10.000
sb-1.jpg#xywh=0,0,160,90

1
01:00:10.000 --> 01:00:20.500
sb-2.jpg#xywh=160,90,160,90
`;
const tiles = parseStoryboard(text, 'http://tube.test/content/abc/storyboard.vtt');

test('tiles have their time, sheet and place', () => {
  assert.equal(tiles.length, 2);
  assert.deepEqual(tiles[1], {
    from: 3610,
    until: 3620.5,
    url: 'http://tube.test/content/abc/sb-2.jpg',
    x: 160,
    y: 90,
    width: 160,
    height: 90,
  });
});

test('a moment finds its tile, or none', () => {
  assert.equal(tileAt(tiles, 9.9)?.x, 0);
  assert.equal(tileAt(tiles, 10), undefined);
});

test('line ends of another system do not matter', () => {
  assert.equal(parseStoryboard(text.replace(/\n/g, '\r\n'), 'http://tube.test/').length, 2);
});
