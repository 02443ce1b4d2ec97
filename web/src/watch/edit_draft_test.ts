import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aVideo } from '../store/video_fixture';
import { draftOf, merge, patchOf, tagsOf } from './edit_draft';

const base = draftOf(aVideo({ title: 'A', description: 'words', tags: ['one', 'two'] }));

test('only what was changed is sent', () => {
  assert.deepEqual(patchOf(base, base), {});
  assert.deepEqual(patchOf(base, { ...base, title: 'B' }), { title: 'B' });
  assert.deepEqual(patchOf(base, { ...base, description: '', tags: 'one' }), {
    description: '',
    tags: ['one'],
  });
});

test('tags are what stands between commas', () => {
  assert.deepEqual(tagsOf(' one,, two words ,'), ['one', 'two words']);
  assert.deepEqual(tagsOf(' '), []);
});

test('changes of different fields join by themselves', () => {
  const merged = merge(base, { ...base, title: 'Mine' }, { ...base, tags: 'three' });
  assert.deepEqual(merged, {
    draft: { title: 'Mine', description: 'words', tags: 'three' },
    conflicts: [],
  });
});

test('what both have changed in different ways is a conflict, and mine is kept to be looked at', () => {
  const mine = { ...base, title: 'Mine', tags: 'same' };
  const merged = merge(base, mine, { ...base, title: 'Theirs', tags: 'same' });
  assert.deepEqual(merged, { draft: mine, conflicts: ['title'] });
});
