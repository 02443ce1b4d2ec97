// What the disk has no room for is refused before it is sent; what rots on it is found, told and never served.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { problem, publish, uploadRaw } from './api.mjs';
import { clip } from './clips.mjs';
import { sendUntilAnswered } from './sending.mjs';
import { startServer, temporaryFolder } from './server.mjs';

async function verify(server, query = '') {
  const answer = await fetch(`${server.url}/api/v1/verification${query}`, { method: 'POST' });
  assert.equal(answer.status, 200);
  return (await answer.text()).trim().split('\n').map((line) => JSON.parse(line));
}

test('a disk without room refuses an upload before it is sent, and says so', async () => {
  const server = await startServer({ flags: ['--keep-free-bytes', '1000TiB'] });
  try {
    const body = await problem(await uploadRaw(server, clip({ seconds: 3, size: '320x240' })), 507);
    assert.ok(body.needed_bytes > 0 && body.free_bytes > 0 && body.keep_free_bytes > body.free_bytes, JSON.stringify(body));
    assert.equal(body.reserved_bytes, 0);
    assert.match(body.detail, /Delete videos/);

    const large = 10 * 2 ** 30;
    const { answer, sent } = await sendUntilAnswered(server.url, large);
    assert.match(answer, /^HTTP\/1.1 507 /);
    assert.ok(sent < 64 * 2 ** 20, `${sent} bytes were sent`);
    const waiting = await sendUntilAnswered(server.url, large, 'Expect: 100-continue\r\n');
    assert.match(waiting.answer, /^HTTP\/1.1 507 /);
    assert.equal(waiting.sent, 0);

    const ready = await problem(await fetch(`${server.url}/readyz`), 503);
    assert.match(ready.detail, /disk is full/);
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    const { items } = await (await fetch(`${server.url}/api/v1/videos`)).json();
    assert.deepEqual(items, []);
  } finally {
    await server.stop();
  }
});

test('captions and posters that the disk has no room for are refused with the numbers', async () => {
  const folder = temporaryFolder();
  let server = await startServer({ folder });
  try {
    const video = await publish(server, clip({ seconds: 3, size: '320x240' }));
    await server.stop();
    server = await startServer({ folder, flags: ['--keep-free-bytes', '1000TiB'] });
    const address = `${server.url}/api/v1/videos/${video.id}`;
    const put = (what, type, body) => fetch(`${address}/${what}`, { method: 'PUT', headers: { 'Content-Type': type }, body });
    for (const answer of [
      await put('captions/en', 'text/vtt', 'WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n'),
      await put('poster', 'application/json', '{"at_seconds":1}'),
    ]) {
      const body = await problem(answer, 507);
      assert.ok(body.needed_bytes > 0 && body.free_bytes > 0 && body.keep_free_bytes > body.free_bytes, JSON.stringify(body));
    }
    const after = await (await fetch(address)).json();
    assert.deepEqual(after.captions, video.captions);
  } finally {
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('a bit that turns in the metadata is found at the start and told, never served, and the other videos go on', async () => {
  const folder = temporaryFolder();
  let server = await startServer({ folder });
  try {
    const damaged = await publish(server, clip({ seconds: 3, size: '320x240' }), "a title to be damaged");
    const whole = await publish(server, clip({ seconds: 2, size: '320x240' }));
    await server.stop();

    // The row under its key, and not a copy in the history.
    const database = path.join(folder, 'coordination', 'coordination.db');
    const bytes = fs.readFileSync(database);
    const places = [];
    for (let at = -1; (at = bytes.indexOf('a title to be damaged', at + 1)) >= 0; ) places.push(at);
    for (const at of places) bytes[at] ^= 1;
    assert.ok(places.length > 0);
    fs.writeFileSync(database, bytes);

    server = await startServer({ folder });
    const key = `video/row/${damaged.id}`;
    const known = await (await fetch(`${server.url}/api/v1/verification`)).json();
    assert.deepEqual(known.metadata, [{ key, video: damaged.id }]);
    assert.deepEqual((await verify(server)).at(-1).metadata, known.metadata);
    assert.match(await (await fetch(`${server.url}/metrics`)).text(), /\ntritontube_damaged_metadata_rows 1\n/);
    await problem(await fetch(`${server.url}/api/v1/videos/${damaged.id}`), 500);
    await problem(await fetch(`${server.url}/content/${damaged.id}/manifest.mpd`), 500);
    const { items } = await (await fetch(`${server.url}/api/v1/videos`)).json();
    assert.deepEqual(items.map(({ id }) => id), [whole.id]);
    assert.equal((await fetch(`${server.url}/content/${whole.id}/manifest.mpd`)).status, 200);

    const address = `${server.url}/api/v1/videos/${damaged.id}`;
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 204);
    await problem(await fetch(address), 404);
    assert.deepEqual((await verify(server)).at(-1).metadata, []);
    assert.equal((await fetch(`${server.url}/api/v1/videos/${whole.id}`)).status, 200);
  } finally {
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

test('a bit that turns on the disk is found, told after a restart too, and never served', async () => {
  const folder = temporaryFolder();
  let server = await startServer({ folder });
  try {
    const video = await publish(server, clip({ seconds: 3, size: '320x240' }));
    const whole = await verify(server);
    assert.equal(whole.at(-1).damaged_blobs, 0, JSON.stringify(whole.at(-1)));
    assert.ok(whole.at(-1).checked_bytes > 0);
    const media = await (await fetch(`${server.url}/content/${video.id}/manifest.mpd`)).text();
    assert.match(media, /<MPD/);
    await server.stop();

    // A start writes what its log holds into files, so stop and start once more.
    server = await startServer({ folder });
    await server.stop();
    const db = path.join(folder, 'blobs', 'db');
    const files = fs.readdirSync(db).filter((name) => name.endsWith('.blob'));
    assert.ok(files.length > 0);
    for (const name of files) {
      const file = path.join(db, name);
      const bytes = fs.readFileSync(file);
      bytes[Math.floor(bytes.length / 2)] ^= 1;
      fs.writeFileSync(file, bytes);
    }

    server = await startServer({ folder });
    const summary = (await verify(server, `?video=${video.id}`)).at(-1);
    assert.ok(summary.corrupt.length > 0, JSON.stringify(summary));
    assert.equal(summary.corrupt[0].video, video.id);
    for (const { file } of summary.corrupt) {
      if (file.startsWith('source-') || file === 'presentation.json') continue;
      const answer = await fetch(`${server.url}/content/${video.id}/${file}`);
      assert.ok(answer.status >= 500, `${file} was served with ${answer.status}`);
    }
    await server.stop();

    server = await startServer({ folder });
    const known = await (await fetch(`${server.url}/api/v1/verification`)).json();
    assert.equal(known.damaged.length, summary.corrupt.length);
    assert.equal((await fetch(`${server.url}/api/v1/videos/${video.id}`, { method: 'DELETE' })).status, 204);
    assert.equal((await verify(server)).at(-1).damaged_blobs, 0);
  } finally {
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
