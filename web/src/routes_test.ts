import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeOf, searchPath } from './routes';

const route = (path: string) => routeOf(new URL(path, 'http://tube.test'));

test('every page has its path', () => {
  assert.deepEqual(route('/'), { page: 'library', query: '', sort: '-created' });
  assert.deepEqual(route('/upload'), { page: 'upload' });
  assert.deepEqual(route('/cluster'), { page: 'cluster' });
  assert.deepEqual(route('/videos/abc_DEF-123'), { page: 'watch', id: 'abc_DEF-123' });
  assert.deepEqual(route('/embed/abc_DEF-123?autoplay=1'), { page: 'embed', id: 'abc_DEF-123' });
});

test('other paths are unknown', () => {
  for (const path of ['/videos', '/videos/a/b', '/upload/x', '/cluster/x', '/nowhere']) {
    assert.deepEqual(route(path), { page: 'unknown' }, path);
  }
});

test('a search survives the way through the address bar', () => {
  for (const view of [
    { query: 'cats & dogs', sort: 'relevance' },
    { query: '', sort: 'title' },
  ] as const) {
    assert.deepEqual(route(searchPath(view)), { page: 'library', ...view });
  }
  assert.equal(searchPath({ query: '' }), '/');
  assert.deepEqual(route('/?sort=size'), { page: 'library', query: '', sort: '-created' });
});
