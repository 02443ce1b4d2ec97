// The library over HTTP: finding, sorting, editing and deleting videos.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { created, getVideo, problem, publish, uploadRaw } from './api.mjs';
import { clip } from './clips.mjs';
import { startServer, temporaryFolder } from './server.mjs';

const mergePatch = 'application/merge-patch+json';

async function patch(server, id, change, headers = {}) {
  return fetch(`${server.url}/api/v1/videos/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': mergePatch, ...headers },
    body: JSON.stringify(change),
  });
}

async function titles(server, query) {
  const answer = await fetch(`${server.url}/api/v1/videos?${query}`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()).items.map(({ title }) => title);
}

async function upload(server, title) {
  return created(await uploadRaw(server, clip({ seconds: 2, size: '640x360' }), title));
}

describe('the library', () => {
  let server;
  before(async () => {
    server = await startServer({ flags: ['--workers', '0'] });
  });
  after(() => server?.stop());

  test('finds a video the moment it is there, has changed, or has gone', async () => {
    const { id } = await upload(server, 'Le Café de Nuit');
    assert.deepEqual(await titles(server, 'q=CAFE'), ['Le Café de Nuit']);
    assert.equal((await patch(server, id, { title: 'Harbour', tags: ['boats'] })).status, 200);
    assert.deepEqual(await titles(server, 'q=cafe'), []);
    assert.deepEqual(await titles(server, 'q=harb'), ['Harbour']);
    assert.deepEqual(await titles(server, 'q=boats'), ['Harbour']);
    assert.equal((await fetch(`${server.url}/api/v1/videos/${id}`, { method: 'DELETE' })).status, 204);
    assert.deepEqual(await titles(server, 'q=harb'), []);
  });

  test('sorts, and pages by a cursor that stays right', async () => {
    for (const title of ['beta film', 'Älpha film', 'gamma film']) await upload(server, title);
    assert.deepEqual(await titles(server, 'q=film&sort=title'), ['Älpha film', 'beta film', 'gamma film']);
    assert.deepEqual(await titles(server, 'q=film&sort=created'), ['beta film', 'Älpha film', 'gamma film']);
    assert.deepEqual(await titles(server, 'q=film'), ['gamma film', 'Älpha film', 'beta film']);
    const first = await (await fetch(`${server.url}/api/v1/videos?q=film&sort=title&limit=2`)).json();
    await upload(server, 'aaa film');
    assert.deepEqual(await titles(server, `q=film&sort=title&limit=2&cursor=${first.next}`), ['gamma film']);
    await problem(await fetch(`${server.url}/api/v1/videos?q=film&cursor=${first.next}`), 400);
  });

  test('keeps nobody from being told that his change is stale', async () => {
    const { id } = await upload(server, 'Ours');
    const seen = (await fetch(`${server.url}/api/v1/videos/${id}`)).headers.get('etag');
    const mine = await patch(server, id, { description: 'mine' }, { 'if-match': seen });
    assert.equal(mine.status, 200);
    assert.equal((await mine.json()).description, 'mine');
    const theirs = await patch(server, id, { description: 'theirs' }, { 'if-match': seen });
    await problem(theirs, 412);
    assert.equal(theirs.headers.get('etag'), mine.headers.get('etag'));
    assert.equal((await getVideo(server, id)).description, 'mine');
    const faulty = await problem(await patch(server, id, { state: 'ready', tags: [''] }), 422);
    assert.deepEqual(faulty.errors.map(({ pointer }) => pointer), ['#/state', '#/tags/0']);
  });

  test('finds everything after a restart, and after its index was lost', async () => {
    const folder = temporaryFolder();
    try {
      for (const change of [() => {}, () => fs.rmSync(`${folder}/search`, { recursive: true })]) {
        const first = await startServer({ folder, flags: ['--workers', '0'] });
        await upload(first, 'Kept film');
        await first.stop();
        change();
        const second = await startServer({ folder, flags: ['--workers', '0'] });
        // While the index is being made this is a 503 that says so.
        let answer;
        do answer = await fetch(`${second.url}/api/v1/videos?q=kept`);
        while (answer.status === 503);
        assert.ok((await answer.json()).items.length > 0);
        await second.stop();
      }
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });

  test('describes itself to any page', async () => {
    const answer = await fetch(`${server.url}/api/openapi.json`);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    const { openapi, paths } = await answer.json();
    assert.match(openapi, /^3\.1\./);
    assert.ok(paths['/api/v1/videos/{id}'].patch);
  });
});

test('a deleted video gives its bytes back to the disk within a minute', async () => {
  const server = await startServer();
  const used = () => Number(execFileSync('du', ['-sk', server.folder], { encoding: 'utf8' }).split('\t')[0]) / 1024;
  try {
    const empty = used();
    const film = await publish(server, clip({ seconds: 20 }), 'A film.mp4');
    // A film with a long tail that cannot be compressed.
    const head = fs.readFileSync(clip({ seconds: 2, size: '640x360' }));
    const large = await fetch(`${server.url}/api/v1/videos?title=large`, {
      method: 'POST',
      body: Buffer.concat([head, crypto.randomBytes(96 * 1024 * 1024)]),
    });
    const { id } = await created(large);
    const full = used();
    assert.ok(full > empty + 96, `${full} MiB are used, ${empty} before`);
    for (const doomed of [film.id, id]) {
      const answer = await fetch(`${server.url}/api/v1/videos/${doomed}`, { method: 'DELETE' });
      assert.equal(answer.status, 204);
    }
    const start = Date.now();
    let left = used();
    while (left > empty + 8 && Date.now() - start < 60_000) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      left = used();
    }
    assert.ok(left <= empty + 8, `${left} MiB are still used of ${full}; ${empty} before\n${server.log}`);
  } finally {
    await server.stop();
  }
});
