import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Video } from '../api/types';
import { firstPage, matches, withNewcomer, withPage } from './listing';
import { aVideo } from './video_fixture';

const at = (id: string, hour: number) =>
  aVideo({ id, created_at: `2026-11-22T${String(hour).padStart(2, '0')}:00:00Z` });
const catalogOf = (...videos: Video[]) => new Map(videos.map((video) => [video.id, video]));

const ten = at('ten', 10);
const twelve = at('twelve', 12);
const videos = catalogOf(ten, twelve);
const all = { query: '', sort: '-created' } as const;
const lastPage = firstPage(all, { items: [twelve, ten], next: null });
const pageWithMore = firstPage(all, { items: [twelve, ten], next: 'c1' });

test('pages join without showing a video twice', () => {
  const joined = withPage(pageWithMore, { items: [ten, at('nine', 9)], next: null });
  assert.deepEqual(joined.ids, ['twelve', 'ten', 'nine']);
  assert.equal(joined.next, null);
});

test('a new video goes to the top', () => {
  assert.deepEqual(withNewcomer(lastPage, at('new', 13), videos).ids, ['new', 'twelve', 'ten']);
});

test('a video announced late is sorted in by its time', () => {
  assert.deepEqual(withNewcomer(lastPage, at('mid', 11), videos).ids, ['twelve', 'mid', 'ten']);
});

test('a video of a page not yet loaded is left to that page', () => {
  assert.deepEqual(withNewcomer(pageWithMore, at('old', 1), videos).ids, ['twelve', 'ten']);
  assert.deepEqual(withNewcomer(lastPage, at('old', 1), videos).ids, ['twelve', 'ten', 'old']);
});

test('a known video keeps its place', () => {
  assert.equal(withNewcomer(lastPage, ten, videos), lastPage);
});

test('search results take only newcomers that match, ignoring case and accents', () => {
  assert.ok(matches('cafe', aVideo({ title: 'Le Café de Nuit' })));
  assert.ok(matches(' NUIT caf', aVideo({ title: 'Le Café de Nuit' })));
  assert.ok(matches('sea boats', aVideo({ description: 'By the sea.', tags: ['Boats'] })));
  assert.ok(!matches('caf nuit', aVideo({ title: 'Le Café de Nuit' })));
  assert.ok(!matches('!', aVideo()));
  const results = firstPage({ ...all, query: 'harbor' }, { items: [], next: null });
  assert.deepEqual(withNewcomer(results, aVideo({ title: 'Mountains' }), videos).ids, []);
});

test('an order by title is left to the server', () => {
  const byTitle = firstPage({ query: '', sort: 'title' }, { items: [twelve], next: null });
  assert.equal(withNewcomer(byTitle, at('new', 13), videos), byTitle);
});
