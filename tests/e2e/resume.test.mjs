// Uploads that go on after broken connections and killed servers, in whatever order their bytes come.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { getVideo, waitForState, waitUntil } from './api.mjs';
import { startCommand } from './cli.mjs';
import { clip, padded, textFile } from './clips.mjs';
import { keptFolder, startServer } from './server.mjs';

const mebibyte = 1 << 20;
// Large enough for several parts.
const film = () => padded(clip({ seconds: 20, size: '1280x720' }), 40 * mebibyte);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

async function create(server, size, name = 'holiday.mp4') {
  const answer = await fetch(`${server.url}/api/v1/uploads`, {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0', 'upload-length': String(size), 'upload-metadata': `filename ${Buffer.from(name).toString('base64')}`,
    },
  });
  assert.equal(answer.status, 201, await answer.text());
  assert.equal(answer.headers.get('tus-resumable'), '1.0.0');
  return { address: answer.headers.get('location'), id: answer.headers.get('tritontube-video') };
}

const put = (server, address, bytes, begin, end) => fetch(`${server.url}${address}`, {
  method: 'PUT', headers: { 'content-range': `bytes ${begin}-${end - 1}/${bytes.length}` }, body: bytes.subarray(begin, end),
});

async function look(server, address) {
  const answer = await fetch(`${server.url}${address}`, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
  const ranges = answer.headers.get('upload-ranges') ?? '';
  return {
    status: answer.status,
    offset: Number(answer.headers.get('upload-offset')),
    ranges: ranges.split(',').filter(Boolean).map((range) => range.split('-').map(Number)),
  };
}

// Begins to send the rest of the file from `begin` on, and stops in the middle of it.
async function sendSome(server, address, bytes, begin, count) {
  const { hostname, port } = new URL(server.url);
  const call = http.request({
    hostname, port, method: 'PUT', path: address,
    headers: { 'content-range': `bytes ${begin}-${bytes.length - 1}/${bytes.length}`, 'content-length': bytes.length - begin },
  });
  call.on('error', () => {});
  await new Promise((resolve) => call.write(bytes.subarray(begin, begin + count), resolve));
  return call;
}

async function originalOf(server, id) {
  const { urls } = await getVideo(server, id);
  return Buffer.from(await (await fetch(server.url + urls.original)).arrayBuffer());
}

test('a server that is killed in mid-upload loses nothing that it has acknowledged', async (t) => {
  const folder = keptFolder(t);
  const bytes = fs.readFileSync(film());
  let server = await startServer({ folder });
  const { address, id } = await create(server, bytes.length);
  assert.equal((await put(server, address, bytes, 30 * mebibyte, 31 * mebibyte + 17)).status, 204);
  await sendSome(server, address, bytes, 0, 20 * mebibyte);
  const before = await waitUntil('two parts count', async () => {
    const state = await look(server, address);
    return state.offset >= 16 * mebibyte && state;
  });
  await server.kill();

  server = await startServer({ folder });
  const after = await look(server, address);
  assert.ok(after.offset >= before.offset);
  assert.deepEqual(after.ranges.at(-1), [30 * mebibyte, 31 * mebibyte + 16]);
  assert.equal((await getVideo(server, id)).state, 'uploading');
  assert.equal((await put(server, address, bytes, after.offset, bytes.length)).status, 204);
  assert.equal((await look(server, address)).offset, bytes.length);
  assert.equal(sha256(await originalOf(server, id)), sha256(bytes));
  await waitForState(server, id, 'ready');
  await server.stop();
});

test('ranges of any size, in any order, over several connections make the same file', async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const bytes = fs.readFileSync(film());
  const { address, id } = await create(server, bytes.length);
  const step = 3 * mebibyte + 12_345;
  const begins = [];
  for (let begin = 0; begin < bytes.length; begin += step) begins.push(begin);
  const order = begins.map((begin, i) => [(i * 7919) % begins.length, begin]).sort(([a], [b]) => a - b).map(([, begin]) => begin);
  const connection = async () => {
    for (let begin = order.pop(); begin !== undefined; begin = order.pop()) {
      // They overlap.
      const answer = await put(server, address, bytes, begin, Math.min(bytes.length, begin + step + 99_999));
      assert.equal(answer.status, 204, await answer.text());
    }
  };
  await Promise.all([connection(), connection(), connection(), connection()]);
  assert.equal((await look(server, address)).offset, bytes.length);
  assert.equal(sha256(await originalOf(server, id)), sha256(bytes));
});

test('an upload is made, looked at and ended as tus 1.0 has it', async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const options = await fetch(`${server.url}/api/v1/uploads`, { method: 'OPTIONS' });
  assert.equal(options.status, 204);
  assert.equal(options.headers.get('tus-version'), '1.0.0');
  assert.equal(options.headers.get('tus-extension'), 'creation,termination');
  assert.equal(options.headers.get('tus-max-size'), String(2 ** 40));
  const other = await fetch(`${server.url}/api/v1/uploads`, { method: 'POST', headers: { 'tus-resumable': '0.2.2', 'upload-length': '5' } });
  assert.equal(other.status, 412);
  const foreign = await fetch(`${server.url}/api/v1/uploads`, { method: 'POST', headers: { origin: 'http://evil.example', 'upload-length': '5' } });
  assert.equal(foreign.status, 403);
  const large = await fetch(`${server.url}/api/v1/uploads`, { method: 'POST', headers: { 'upload-length': String(2 ** 41) } });
  assert.equal(large.status, 413);

  const { address, id } = await create(server, 100_000);
  assert.deepEqual(await look(server, address), { status: 204, offset: 0, ranges: [] });
  assert.equal((await fetch(server.url + address, { method: 'DELETE' })).status, 204);
  assert.equal((await look(server, address)).status, 404);
  assert.equal((await fetch(`${server.url}/api/v1/videos/${id}`)).status, 404);
});

test('what is no video fails by the request that shows it, and takes no more', async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const bytes = Buffer.concat(Array.from({ length: 100 }, () => fs.readFileSync(textFile())));
  const { address, id } = await create(server, bytes.length);
  assert.equal((await put(server, address, bytes, 0, 10_000)).status, 204);
  const { state, error } = await getVideo(server, id);
  assert.equal(state, 'failed');
  assert.match(error.message, /not a video/);
  assert.equal((await put(server, address, bytes, 10_000, 20_000)).status, 409);
});

test('the command goes on when the server is started again in mid-upload', async (t) => {
  const folder = keptFolder(t);
  const file = path.join(folder, 'large.mp4');
  // A hole behind a film: a gigabyte that takes a while.
  fs.copyFileSync(film(), file);
  fs.truncateSync(file, 2 ** 30);
  const data = path.join(folder, 'data');
  let server = await startServer({ folder: data });
  const { port } = new URL(server.url);
  const upload = startCommand(['upload', file], { server });
  const [video] = await waitUntil('it is listed with some bytes', async () => {
    const { items } = await (await fetch(`${server.url}/api/v1/videos`)).json();
    return items.some(({ progress }) => progress > 0.02) && items;
  });
  await server.kill();
  server = await startServer({ folder: data, flags: ['--listen', `127.0.0.1:${port}`] });
  await waitUntil('every byte is there', async () => (await getVideo(server, video.id)).state !== 'uploading');
  upload.child.kill('SIGINT');
  await upload.ended;
  const original = await fetch(server.url + (await getVideo(server, video.id)).urls.original);
  const hash = createHash('sha256');
  for await (const chunk of original.body) hash.update(chunk);
  assert.equal(hash.digest('hex'), sha256(fs.readFileSync(file)));
  await server.stop();
});
