// What passes every check of an upload and is a burden to whoever has to make something of it: a worker that is alone fails it with
// a reason, or makes of it what can be made, has nothing left of it afterwards, and makes the next video.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { created, getVideo, hasExtras, publishWithExtras, uploadRaw, waitFor, waitUntil } from './api.mjs';
import { clip, cutOff, inflatedPictures, manySounds, padded, sparse, unshown } from './clips.mjs';
import { etcdBinary, startCluster } from './cluster.mjs';
import { decodeLowest } from './presentation.mjs';
import { writeAttackFiles } from './tools.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';
const isLong = process.env.TRITONTUBE_LONG === '1';
// More than is looked into when it comes: only a worker does.
const unseenBytes = 65 << 20;
// Of what a worker at rest has; what it copies and encodes is in other processes, or on the disk.
const growthBytesMax = 200 << 20;
// As in the product: an ffmpeg that gives nothing for so long is ended.
const hangSecondsMax = 60;

describe('hostile work', { skip }, () => {
  let cluster;
  let web;
  let worker;
  let folder;
  let bytesAtRest;
  let attacks;

  before(async () => {
    cluster = await startCluster({ nodes: 1, webs: 1, workers: 0, workersApart: 1 });
    [web] = cluster.webs;
    [worker] = cluster.workers;
    folder = path.join(cluster.folder, 'uploads');
    fs.mkdirSync(folder);
    attacks = new Map(writeAttackFiles(folder, path.join(cluster.folder, 'victim.wav'), 9).map(({ name, file }) => [name, file]));
    await makesTheNext();
    bytesAtRest = memoryBytes();
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  function memoryBytes() {
    const [, kilobytes] = /VmRSS:\s*(\d+)/.exec(fs.readFileSync(`/proc/${worker.child.pid}/status`, 'utf8'));
    return Number(kilobytes) * 1024;
  }
  const ffmpegs = () => fs.readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [, parent] = /PPid:\s*(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'));
      return Number(parent) === worker.child.pid;
    } catch {
      return false;  // It has just ended.
    }
  }).map(Number);

  async function makesTheNext() {
    const { renditions } = await publishWithExtras(web, clip({ seconds: 5, size: '320x240' }), 'The next.mp4');
    assert.ok(renditions.length >= 2);
  }
  async function expectUnharmed(t) {
    await makesTheNext();
    assert.ok(worker.runs, 'the worker died');
    const scratch = path.join(cluster.folder, 'worker-0', 'scratch');
    await waitUntil('the scratch space is empty', () => fs.readdirSync(scratch).length === 0);
    assert.deepEqual(ffmpegs(), []);
    const growth = memoryBytes() - bytesAtRest;
    t.diagnostic(`its memory is ${(growth / (1 << 20)).toFixed(0)} MiB more than before`);
    assert.ok(growth < growthBytesMax, `${growth} bytes more than at rest`);
  }
  // Uploads it and waits until it is decided what becomes of it.
  async function decided(t, file) {
    const start = Date.now();
    const { id } = await created(await uploadRaw(web, file, path.basename(file)));
    const video = await waitFor(web, id, (now) => now.state === 'failed' || (now.state === 'ready' && hasExtras(now)));
    t.diagnostic(`${video.state} after ${((Date.now() - start) / 1000).toFixed(1)} s${video.error ? `: ${video.error.message}` : ''}`);
    return video;
  }

  for (const { name, file, reason } of [
    { name: 'a picture of 16000 times 16000', file: () => attacks.get('huge-picture.mov'), reason: /larger than we can process/ },
    { name: 'an index of 134 million pictures', file: () => attacks.get('huge-index.mov'), reason: /hours/ },
    { name: 'two pictures of ten hours each', file: () => attacks.get('sparse.mov'), reason: /hours/ },
    { name: 'two pictures that are ten hours apart', file: sparse, reason: /pictures/ },
  ]) {
    test(`${name} fails with a reason`, async (t) => {
      const copy = path.join(folder, `${name.replaceAll(' ', '-')}.mov`);
      fs.copyFileSync(file(), copy);
      const video = await decided(t, padded(copy, unseenBytes));
      assert.equal(video.state, 'failed', JSON.stringify(video));
      assert.match(video.error.message, reason);
      await expectUnharmed(t);
    });
  }

  test('a film that was cut off is shown as far as it goes', async (t) => {
    const video = await decided(t, cutOff());
    assert.equal(video.state, 'ready', JSON.stringify(video.error));
    const frames = await decodeLowest(web, video);
    assert.ok(frames > 100 && frames <= 225, `${frames} frames`);
    await expectUnharmed(t);
  });

  test('of 120 sound tracks some are made', async (t) => {
    const video = await decided(t, manySounds(120));
    assert.equal(video.state, 'ready', JSON.stringify(video.error));
    const sounds = video.renditions.filter(({ kind }) => kind === 'audio');
    assert.ok(sounds.length >= 1 && sounds.length <= 8, `${sounds.length} sound tracks`);
    await expectUnharmed(t);
  });

  test('pictures of a hundred megabytes each are made smaller', async (t) => {
    const video = await decided(t, inflatedPictures(6));
    assert.equal(video.state, 'ready', JSON.stringify(video.error));
    await expectUnharmed(t);
  });

  test('an ffmpeg that hangs is ended, and its chunk made again', { skip: !isLong && 'takes more than a minute: TRITONTUBE_LONG=1' }, async (t) => {
    const { id } = await created(await uploadRaw(web, unshown({ seconds: 120, size: '640x360' }), 'film.mkv'));
    await waitUntil('chunks are made', async () => (await getVideo(web, id)).progress > 0.4);
    const [stuck] = await waitUntil('an ffmpeg runs', () => ffmpegs().slice(-1));
    process.kill(stuck, 'SIGSTOP');
    const start = Date.now();
    await waitFor(web, id, ({ state }) => state === 'ready');
    const waited = (Date.now() - start) / 1000;
    t.diagnostic(`ready ${waited.toFixed(0)} s after it stood still`);
    assert.ok(waited > hangSecondsMax / 2, 'it did not hang');
    await expectUnharmed(t);
  });
});
