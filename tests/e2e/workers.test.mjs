// Several processes that transcode one video, while any of them dies or freezes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { created, uploadRaw, waitFor, waitForState } from './api.mjs';
import { launchChromium } from './chromium.mjs';
import { command } from './cli.mjs';
import { unshown } from './clips.mjs';
import { etcdBinary, startCluster } from './cluster.mjs';
import { decode } from './presentation.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';
const seconds = 120;
// One more: the run-up of the sound, which Matroska does not hide, makes the first picture late.
const frames = seconds * 25 + 1;
const waitSecondsMax = 60;
// Longer than a lease lives.
const frozenMilliseconds = 15_000;

const film = () => unshown({ seconds, size: '640x360' });

describe('workers', { skip }, () => {
  let cluster;
  let web;
  before(async () => {
    cluster = await startCluster({ webs: 1, workers: 0, workersApart: 2 });
    [web] = cluster.webs;
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  const workers = async () => (await (await fetch(`${web.url}/api/v1/cluster`)).json()).workers;
  const partOf = ({ name }) => cluster.workers.find((part) => name.endsWith(`:${part.child.pid}`));

  // Waits until the workers are as `wanted` says, and gives what it gives.
  async function waitForWork(wanted) {
    const late = Date.now() + waitSecondsMax * 1000;
    for (let now = await workers(); Date.now() < late; now = await workers()) {
      const found = wanted(now);
      if (found) return found;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
    throw new Error(`the workers did something else for ${waitSecondsMax} s: ${JSON.stringify(await workers())}`);
  }
  const isInPictures = (id) => ({ doing }) => doing.some(({ video, work, chunk }) => video === id && work === 'pictures' && chunk > 1);

  async function upload() {
    const { id } = await created(await uploadRaw(web, film(), 'film.mkv'));
    return id;
  }
  async function expectWhole(id) {
    const video = (await waitForState(web, id, 'ready')).at(-1);
    const streams = await decode(web.url + video.urls.hls);
    const pictures = streams.filter(({ codec_type }) => codec_type === 'video');
    assert.ok(pictures.length >= 2 && pictures.every(({ nb_read_frames }) => nb_read_frames === frames), JSON.stringify(pictures));
    return video;
  }

  test('make one video together, and the page says who does what', async (t) => {
    const id = await upload();
    const both = await waitForWork((all) => all.length === 2 && all.every(isInPictures(id)) && all);
    const browser = await launchChromium();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${web.url}/cluster`);
    for (const { name } of both) await page.getByTestId('workers').getByText(name).waitFor();
    await expectWhole(id);
  });

  test('go on without one that is killed, with its chunk and no other', async () => {
    const id = await upload();
    const victim = partOf(await waitForWork((all) => all.find(isInPictures(id))));
    const { progress } = await waitFor(web, id, () => true);
    await victim.kill();
    await expectWhole(id);
    assert.ok(progress < 1);
    await victim.start();
    await waitForWork((all) => all.length === 2);
  });

  test('are not harmed by one that was taken for dead and comes back', async () => {
    const id = await upload();
    const victim = partOf(await waitForWork((all) => all.find(isInPictures(id))));
    victim.freeze();
    await new Promise((resolve) => { setTimeout(resolve, frozenMilliseconds); });
    victim.thaw();
    await expectWhole(id);
    await waitForWork((all) => all.length === 2 && all.every(({ doing }) => doing.length === 0));
    await expectWhole(id);
  });

  test('make only what is missing after all of them have died', async () => {
    const id = await upload();
    await waitFor(web, id, ({ progress }) => progress >= 0.4);
    await Promise.all(cluster.workers.map((part) => part.kill()));
    const mark = cluster.mark();
    await Promise.all(cluster.workers.map((part) => part.start()));
    const part = await cluster.logged(/the pictures are made in chunks/, mark);
    const [, made] = /the pictures are made in chunks.*?made\D*([\d.]+)/.exec(part.log.slice(mark.get(part)));
    assert.ok(Number(made) > 0.1, `${made} of the work was kept`);
    await expectWhole(id);
  });

  test('stop at once when their video is deleted', async () => {
    const id = await upload();
    await waitForWork((all) => all.some(isInPictures(id)));
    assert.equal((await fetch(`${web.url}/api/v1/videos/${id}`, { method: 'DELETE' })).status, 204);
    await waitForWork((all) => all.every(({ doing }) => doing.length === 0));
  });
});

describe('a worker without a cluster', { skip }, () => {
  test('says what it is missing', async () => {
    const { code, err } = await command(['worker']);
    assert.equal(code, 2);
    assert.match(err, /--etcd/);
  });
});
