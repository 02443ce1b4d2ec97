import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemMessage } from './problem';

test('the detail of a problem wins over its title', () => {
  const body = JSON.stringify({ title: 'Not media', detail: 'notes.txt is not a video.' });
  assert.equal(problemMessage(422, body), 'notes.txt is not a video.');
});

test('the title is used when there is no detail', () => {
  assert.equal(problemMessage(422, '{"title":"Not media"}'), 'Not media');
});

test('answers that are not problems still become a sentence', () => {
  assert.match(problemMessage(507, '<html>'), /no room/);
  assert.match(problemMessage(502, ''), /502/);
  assert.match(problemMessage(500, 'null'), /500/);
});
