// The engines that players are built from play what is served, in Debian's Chromium: whole, with seeks and changes of quality.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { publish, waitFor } from './api.mjs';
import { launchChromium } from './chromium.mjs';
import { clip } from './clips.mjs';
import { checkNoErrors, checkNothingWentWrong, engines, openPlayer, playToTheEnd, seekPlayer, startPlayersPage, untilPlayer } from './players.mjs';
import { startServer } from './server.mjs';

const seconds = 90;
describe('the engines of others', () => {
  let server;
  let browser;
  let players;
  let film;
  before(async () => {
    [server, players] = await Promise.all([startServer(), startPlayersPage()]);
    browser = await launchChromium();
    film = await publish(server, clip({ seconds, size: '640x360' }), 'A film.mp4');
  });
  after(async () => {
    await browser?.close();
    await players?.close();
    await server?.stop();
  });

  const open = (engine, address, switching) => openPlayer(browser, players, engine, address, switching);

  for (const engine of engines) {
    test(`${engine.name} plays to the end, with another quality for each segment`, async (t) => {
      const page = await open(engine, server.url + film.urls[engine.manifest], true);
      await playToTheEnd(page, 8);
      const [start, end] = await checkNothingWentWrong(page);
      assert.ok(start < 0.1 && Math.abs(end - film.duration_seconds) < 0.2, `${start} to ${end} of ${film.duration_seconds}`);
      const switches = page.qualities.filter((quality, i) => i > 0 && quality !== page.qualities[i - 1]).length;
      t.diagnostic(`${switches} switches in ${page.qualities.length} segments`);
      assert.ok(switches >= 20, `${switches} switches: ${page.qualities}`);
      const heights = await page.evaluate(() => window.state.heights);
      assert.ok(heights.length > switches / 2, `the picture changes its size: ${heights}`);
      await page.close();
    });

    test(`${engine.name} goes on playing wherever it is sent`, async () => {
      const page = await open(engine, server.url + film.urls[engine.manifest], false);
      await page.evaluate(() => document.querySelector('video').play());
      for (const target of [45, 5, 30.5, seconds - 3]) await seekPlayer(page, target);
      await untilPlayer(page, () => document.querySelector('video').ended);
      await checkNoErrors(page);
      await page.close();
    });
  }

  // A file that comes at a line of a certain speed, in ranges, one behind the other.
  async function beginUpload(file, uploadSeconds) {
    const bytes = fs.readFileSync(file);
    const answer = await fetch(`${server.url}/api/v1/uploads`, {
      method: 'POST', headers: { 'tus-resumable': '1.0.0', 'upload-length': String(bytes.length) },
    });
    assert.equal(answer.status, 201, await answer.text());
    const address = new URL(answer.headers.get('location'), server.url);
    const pieces = 2 * uploadSeconds;
    const size = Math.ceil(bytes.length / pieces);
    const sent = (async () => {
      for (let at = 0; at < bytes.length; at += size) {
        const piece = bytes.subarray(at, at + size);
        const range = `bytes ${at}-${at + piece.length - 1}/${bytes.length}`;
        const put = await fetch(address, { method: 'PUT', headers: { 'content-range': range }, body: piece });
        assert.equal(put.status, 204, await put.text());
        await pause(500);  // The line.
      }
    })();
    return { id: answer.headers.get('tritontube-video'), sent };
  }

  test('all of them follow an upload from its beginning to its end', async () => {
    const { id, sent } = await beginUpload(clip({ seconds: 30, size: '640x360' }), 12);
    const growing = await waitFor(server, id, ({ playable }) => playable);
    assert.equal(growing.state, 'uploading');
    const pages = await Promise.all(engines.map(async (engine) => {
      const page = await open(engine, server.url + growing.urls[engine.manifest], false);
      assert.ok(await page.evaluate(() => window.state.engine.isGrowing()), `${engine.name} sees that more is to come`);
      await page.evaluate(() => {
        const video = document.querySelector('video');
        video.playbackRate = 1.5;
        return video.play();
      });
      return page;
    }));
    await sent;
    for (const page of pages) {
      await untilPlayer(page, () => document.querySelector('video').ended);
      const [start, end] = await checkNothingWentWrong(page);
      assert.ok(start < 0.1 && Math.abs(end - 30) < 0.2, `${start} to ${end}`);
      await page.close();
    }
  });
});
