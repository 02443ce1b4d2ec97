// What is no video is refused with a reason, reads nothing, asks nobody, and leaves nothing behind.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { expectRefused, problem, uploadForm } from './api.mjs';
import { clip, concatList, empty, noise, playlist, textFile, truncated, webPage } from './clips.mjs';
import { startServer } from './server.mjs';

describe('uploads that are refused', () => {
  let server;
  let listener;
  let connections = 0;

  before(async () => {
    server = await startServer();
    listener = net.createServer((socket) => {
      ++connections;
      socket.destroy();
    });
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  });
  after(async () => {
    listener?.close();
    await server?.stop();
  });

  const refused = (file) => expectRefused(server, file);

  test('an empty file', () => refused(empty()));
  test('a text file', () => refused(textFile()));
  test('a web page', () => refused(webPage()));
  test('noise', () => refused(noise()));
  test('a file that was cut off', () => refused(truncated()));

  test('a playlist that names a file of this machine', async () => {
    const secret = 'the secret of this machine';
    fs.writeFileSync(`${server.folder}.secret`, secret);
    try {
      const reason = await refused(playlist(`file://${server.folder}.secret`));
      assert.ok(!reason.includes(secret));
      await refused(concatList(`${server.folder}.secret`));
    } finally {
      fs.rmSync(`${server.folder}.secret`);
    }
  });

  test('a playlist that names another server', async () => {
    const { port } = listener.address();
    await refused(playlist(`http://127.0.0.1:${port}/x.ts`));
    await refused(concatList(`http://127.0.0.1:${port}/x.ts`));
    assert.equal(connections, 0, 'a connection was made');
  });

  test('a form without a file', async () => {
    const form = new FormData();
    form.set('title', 'nothing');
    const answer = await fetch(`${server.url}/upload`, { method: 'POST', headers: { accept: 'application/json' }, body: form });
    await problem(answer, 400);
  });

  test('a form that is none', async () => {
    const answer = await fetch(`${server.url}/upload`, {
      method: 'POST', headers: { accept: 'application/json', 'content-type': 'text/plain' }, body: 'hello',
    });
    assert.ok([400, 415].includes(answer.status), String(answer.status));
  });

  test('a form with a text file', async () => {
    const answer = await uploadForm(server, textFile());
    assert.ok([400, 415, 422].includes(answer.status), String(answer.status));
    await problem(answer, answer.status);
  });

  test('a body that says it is larger than any allowed is refused before it is sent', async () => {
    const { hostname, port } = new URL(server.url);
    const answer = await new Promise((resolve, reject) => {
      const call = http.request({
        hostname, port, method: 'POST', path: '/api/v1/videos?title=huge',
        headers: { 'content-length': String(2 ** 60), expect: '100-continue' },
      }, resolve);
      call.once('continue', () => reject(new Error('the server asked for the body')));
      call.once('error', reject);
      call.flushHeaders();
    });
    assert.equal(answer.statusCode, 413);
    answer.destroy();
  });

  test('an upload that breaks off is not listed as anything but uploading or failed', async () => {
    const bytes = fs.readFileSync(clip({ seconds: 5, size: '640x360' }));
    const { hostname, port } = new URL(server.url);
    await new Promise((resolve) => {
      const call = http.request({
        hostname, port, method: 'POST', path: '/api/v1/videos?title=broken.mp4',
        headers: { 'content-length': String(bytes.length) },
      });
      call.once('error', resolve);
      call.write(bytes.subarray(0, bytes.length / 2), () => call.destroy());
      call.once('close', resolve);
    });
    const { items } = await (await fetch(`${server.url}/api/v1/videos`)).json();
    for (const { title, state } of items.filter(({ title }) => title === 'broken')) {
      assert.ok(['uploading', 'failed'].includes(state), `${title} is ${state}`);
    }
  });

  test('none of them is listed as a video to watch', async () => {
    const { items } = await (await fetch(`${server.url}/api/v1/videos`)).json();
    assert.deepEqual(items.filter(({ state, playable }) => state === 'ready' || playable), []);
  });
});
