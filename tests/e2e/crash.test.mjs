// The server dies, or its tools do, or it is asked to stop, while it has much to do. What was acknowledged goes on by itself
// and ends well; what was not is gone, with every byte.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { describe, test } from 'node:test';
import { created, events, getVideo, hasExtras, uploadRaw, waitFor, waitForState, waitUntil } from './api.mjs';
import { clip, padded, unshown } from './clips.mjs';
import { decodeLowest } from './presentation.mjs';
import { keptFolder, startServer } from './server.mjs';
import { listBlobs } from './tools.mjs';

const stopSecondsMax = 10;
const partBytes = 8 << 20;
const seconds = 20;
const again = 'job failed, will be tried again';
const film = () => clip({ seconds, size: '1280x720' });

const listed = async (server) => (await (await fetch(`${server.url}/api/v1/videos`)).json()).items;

// Sends the first `count` bytes of a file as an upload that says it has all of them. `socket` ends with the server.
async function uploadPart(server, file, count) {
  const { hostname, port } = new URL(server.url);
  const bytes = fs.readFileSync(file);
  const call = http.request({
    hostname, port, method: 'POST', path: '/api/v1/videos?title=half.mp4', headers: { 'content-length': String(bytes.length) },
  });
  call.on('error', () => {});
  await new Promise((resolve) => call.write(bytes.subarray(0, count), resolve));
}

// The ffmpeg processes that belong to a server, by its process id.
function toolsOf(server) {
  const parents = new Map();
  for (const line of execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], { encoding: 'utf8' }).trim().split('\n')) {
    const [pid, parent, name] = line.trim().split(/\s+/);
    parents.set(Number(pid), { parent: Number(parent), name });
  }
  const belongs = (pid) => pid === server.child.pid || (parents.has(pid) && belongs(parents.get(pid).parent));
  return [...parents].filter(([pid, { name }]) => name === 'ffmpeg' && belongs(pid)).map(([pid]) => pid);
}

async function killTool(server, signal) {
  const [pid] = await waitUntil('an ffmpeg is at work', () => {
    const pids = toolsOf(server);
    return pids.length > 0 && pids;
  });
  process.kill(pid, signal);
  return pid;
}

// Everything that the store of a stopped server holds belongs to one video: its original, one presentation and its extras.
function expectOnly(folder, id) {
  const owners = new Set(listBlobs(folder).map((line) => line.split('/').slice(0, 2).join('/')));
  assert.ok([...owners].every((owner) => owner.startsWith(`${id}/`)), [...owners].join(' '));
  assert.equal(owners.size, 3, `an original, a presentation and its extras: ${[...owners].join(' ')}`);
}

describe('kill -9 during an upload', () => {
  const moments = [
    ['after its first bytes', 100_000], ['within the second part', partBytes + 1_000_000], ['one byte before its end', -1],
  ];
  for (const [name, count] of moments) {
    test(`${name}: the upload is gone, and every byte of it`, async (t) => {
      const folder = keptFolder(t);
      const file = padded(clip({ seconds: 1, size: '320x240' }), 2.5 * partBytes);
      const first = await startServer({ folder });
      await uploadPart(first, file, count < 0 ? fs.statSync(file).size + count : count);
      const [{ id, state }] = await waitUntil('the upload is listed', async () => {
        const items = await listed(first);
        return items.length > 0 && items;
      });
      assert.equal(state, 'uploading');
      await first.kill();

      const second = await startServer({ folder });
      assert.deepEqual(await listed(second), []);
      assert.equal((await fetch(`${second.url}/api/v1/videos/${id}`)).status, 404);
      await waitUntil('it is collected', () => second.logEvents('garbage collected').some(({ videos }) => videos === 1));
      await second.stop();
      assert.deepEqual(listBlobs(folder), []);
    });
  }
});

describe('kill -9 during a transcode', () => {
  for (const moment of [0.25, 0.4, 0.6, 0.8]) {
    test(`at ${moment}: it goes on by itself and ends ready`, async (t) => {
      const folder = keptFolder(t);
      const first = await startServer({ folder });
      const { id } = await created(await uploadRaw(first, clip({ seconds, size: '1920x1080' }), 'interrupted.mp4'));
      const before = await waitUntil(`it is at ${moment}`, async () => {
        const video = await getVideo(first, id);
        assert.equal(video.state, 'processing');
        return video.progress >= moment && video;
      });
      await first.kill();

      const second = await startServer({ folder });
      const after = await getVideo(second, id);
      assert.ok(['processing', 'ready'].includes(after.state), after.state);
      assert.ok(after.progress >= before.progress, `${after.progress} after ${before.progress}`);
      const video = (await waitForState(second, id, 'ready')).at(-1);
      assert.equal(await decodeLowest(second, video), seconds * 25);
      assert.deepEqual(second.logEvents(again), []);
      await waitUntil('the dead attempt is collected', () => moment < 0.5 || second.logEvents('garbage collected').some(({ videos, uploads }) => videos === 0 && uploads === 1));
      await waitFor(second, id, hasExtras);
      await waitUntil('the scratch folder is empty', () => fs.readdirSync(path.join(folder, 'scratch')).length === 0);
      await second.stop();
      expectOnly(folder, id);
    });
  }
});

test('SIGTERM with uploads, a transcode and event streams under way stops the server in ten seconds', async (t) => {
  const folder = keptFolder(t);
  const first = await startServer({ folder });
  const { id } = await created(await uploadRaw(first, film(), 'going-on.mp4'));
  const streams = [1, 2, 3].map(async () => {
    for await (const { event } of events(first)) assert.ok(event);
  });
  for (const count of [50_000, partBytes + 1]) await uploadPart(first, padded(clip({ seconds: 1, size: '320x240' }), 2.5 * partBytes), count);
  await waitUntil('it has all that to do', async () => (await listed(first)).length === 3 && (await getVideo(first, id)).progress > 0.3);
  const asked = Date.now();
  await first.stop();
  const took = (Date.now() - asked) / 1000;
  t.diagnostic(`stopped in ${took.toFixed(1)} s`);
  assert.ok(took < stopSecondsMax, `it took ${took} s to stop`);
  await Promise.allSettled(streams);

  const second = await startServer({ folder });
  assert.deepEqual((await listed(second)).map((video) => video.id), [id]);
  const video = (await waitForState(second, id, 'ready')).at(-1);
  assert.equal(await decodeLowest(second, video), seconds * 25);
  await waitFor(second, id, hasExtras);
  await second.stop();
  expectOnly(folder, id);
});

describe('the tools', () => {
  test('an ffmpeg that is killed is the fault of the machine: it is tried again, and the video ends ready', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const { id } = await created(await uploadRaw(server, film(), 'killed.mp4'));
    await killTool(server, 'SIGKILL');
    await waitForState(server, id, 'ready');
    assert.match(server.logEvents(again)[0].error, /the converter was killed/);
  });

  test('an ffmpeg that crashes is tried three times, and then the video has failed, with the cause', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const { id } = await created(await uploadRaw(server, unshown({ seconds, size: '1280x720' }), 'poison.mkv'));
    const failed = waitForState(server, id, 'failed');
    const killed = new Set();
    while (killed.size < 3) {
      killed.add(await killTool(server, 'SIGSEGV'));
      await waitUntil('it has ended', () => !toolsOf(server).some((pid) => killed.has(pid)));
    }
    const { error, playable, progress } = (await failed).at(-1);
    assert.equal(error.code, 'transcode_failed');
    assert.match(error.message, /crashes its decoder/);
    assert.equal(playable, false);
    assert.ok(progress < 1);
    assert.deepEqual(server.logEvents(again).map((event) => event.error), [error.message, error.message]);
  });

  test('a scratch folder that cannot be written is the fault of the machine: it is tried again until it can', async (t) => {
    const server = await startServer();
    t.after(() => server.stop());
    const scratch = path.join(server.folder, 'scratch');
    fs.rmSync(scratch, { recursive: true });
    fs.writeFileSync(scratch, 'in the way');
    const { id } = await created(await uploadRaw(server, clip({ seconds: 1, size: '320x240' }), 'waiting.mp4'));
    await waitUntil('it was tried three times', () => server.logEvents(again).length >= 3);
    assert.equal((await getVideo(server, id)).state, 'processing');
    fs.rmSync(scratch);
    fs.mkdirSync(scratch);
    await waitForState(server, id, 'ready');
  });
});
