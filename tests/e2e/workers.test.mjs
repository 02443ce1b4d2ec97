// Several processes that transcode one video, while any of them dies or freezes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { created, hasExtras, uploadRaw, waitFor, waitForState } from './api.mjs';
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
const chunks = 5;

// What can be seen of the work from outside, step by step: whether a worker is at it. Chunks are counted from 1. All of them are
// tried by TRITONTUBE_LONG=1; what nobody can see is the work of tests/worker_deaths.
const isAt = (id, wanted, where = () => true) => ({ doing }) => doing.some(({ video, work, chunk }) => video === id && work === wanted && where(chunk));
const steps = [
  { name: 'has just begun with the sound', is: (id) => isAt(id, 'sound') },
  { name: 'makes the first chunk', is: (id) => isAt(id, 'pictures', (chunk) => chunk === 1) },
  { name: 'makes a chunk in the middle', is: (id) => isAt(id, 'pictures', (chunk) => chunk === 3) },
  { name: 'makes the last chunk', is: (id) => isAt(id, 'pictures', (chunk) => chunk === chunks) },
  // It directs the video and has no chunk in hand, or it makes one for another who does.
  { name: 'makes pictures and directs nothing', is: (id) => (worker) => isAt(id, 'pictures')(worker) && !isAt(id, 'sound')(worker) },
  { name: 'makes the extras', is: (id) => isAt(id, 'extras') },
];
const isLong = process.env.TRITONTUBE_LONG === '1';
const tried = isLong ? steps : steps.filter(({ name }) => name === 'makes the extras');

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

  // Nobody, while that cannot be told.
  const workers = async () => (await (await fetch(`${web.url}/api/v1/cluster`)).json()).workers ?? [];
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

  // How many chunks were begun, by whom, as far as the workers tell: one that is made again counts again.
  async function countBegun(id, watched) {
    const begun = new Set();
    while (!watched.done) {
      for (const { name, doing } of await workers()) {
        for (const { video, work, chunk } of doing) if (video === id && work === 'pictures') begun.add(`${chunk} by ${name}`);
      }
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    return [...begun];
  }

  for (const step of tried) {
    for (const fate of isLong ? ['killed', 'frozen'] : ['killed']) {
      test(`go on without one that ${step.name} and is ${fate}`, async (t) => {
        const id = await upload();
        const watched = { done: false };
        const begun = countBegun(id, watched);
        try {
          const victim = partOf(await waitForWork((all) => all.find(step.is(id))));
          const start = Date.now();
          if (fate === 'killed') {
            await victim.kill();
            await victim.start();
          } else {
            victim.freeze();
            await new Promise((resolve) => { setTimeout(resolve, frozenMilliseconds); });
            victim.thaw();
          }
          await expectWhole(id);
          await waitFor(web, id, hasExtras);
          t.diagnostic(`all of it is there ${((Date.now() - start) / 1000).toFixed(1)} s later`);
        } finally {
          watched.done = true;
        }
        assert.ok((await begun).length <= chunks + 1, `more than one chunk was begun twice: ${await begun}`);
        await waitForWork((all) => all.length === 2 && all.every(({ doing }) => doing.length === 0));
      });
    }
  }

  test('make only what is missing after all of them have died', async () => {
    const id = await upload();
    // Then one of the large chunks is made, whatever the others are at.
    await waitForWork((all) => all.some(isAt(id, 'pictures', (chunk) => chunk > 3)));
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
