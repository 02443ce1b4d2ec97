// A video whose pictures were made in chunks by two workers is one video to whoever plays it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { created, uploadRaw, waitFor } from './api.mjs';
import { launchChromium } from './chromium.mjs';
import { unshown } from './clips.mjs';
import { etcdBinary, startCluster } from './cluster.mjs';
import { checkNoErrors, checkNothingWentWrong, engines, openPlayer, playToTheEnd, seekPlayer, startPlayersPage } from './players.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';
const seconds = 80;
// In seconds: where one chunk ends and the next begins.
const joins = [4, 36];

describe('a video made in chunks', { skip }, () => {
  let cluster;
  let browser;
  let players;
  let film;
  before(async () => {
    [cluster, players, browser] = await Promise.all([
      startCluster({ webs: 1, workers: 0, workersApart: 2 }), startPlayersPage(), launchChromium(),
    ]);
  });
  after(async () => {
    await browser?.close();
    await players?.close();
    await cluster?.stop();
    cluster?.remove();
  });

  test('is made by two workers', async () => {
    const [web] = cluster.webs;
    const { id } = await created(await uploadRaw(web, unshown({ seconds, size: '640x360' }), 'film.mkv'));
    const makers = new Map();
    let ready = null;
    const look = async () => {
      while (!ready) {
        const { workers } = await (await fetch(`${web.url}/api/v1/cluster`)).json();
        for (const { name, doing } of workers) {
          for (const { video, work, chunk } of doing) if (video === id && work === 'pictures') makers.set(chunk, name);
        }
        await new Promise((resolve) => { setTimeout(resolve, 100); });
      }
    };
    const looking = look();
    try {
      film = await waitFor(web, id, ({ state }) => state === 'ready' || state === 'failed');
    } finally {
      ready = true;
      await looking;
    }
    assert.equal(film.state, 'ready', JSON.stringify(film.error));
    assert.ok(makers.size >= joins.length, `chunks ${[...makers.keys()]} were seen`);
    assert.equal(new Set(makers.values()).size, 2, `made by ${[...makers.values()]}`);
  });

  for (const engine of engines) {
    test(`${engine.name} plays over every join, and to the end`, async () => {
      const page = await openPlayer(browser, players, engine, cluster.webs[0].url + film.urls[engine.manifest]);
      await playToTheEnd(page, 8);
      const [start, end] = await checkNothingWentWrong(page);
      assert.ok(start < 0.1 && Math.abs(end - film.duration_seconds) < 0.2, `${start} to ${end} of ${film.duration_seconds}`);
      await page.evaluate(() => { document.querySelector('video').playbackRate = 1; });
      for (const join of joins) {
        // One that has come to its end has stopped.
        await page.evaluate(() => { document.querySelector('video').play(); });
        await seekPlayer(page, join - 0.5, 1);
      }
      await checkNoErrors(page);
      await page.close();
    });
  }
});
