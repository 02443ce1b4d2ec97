// What is uploaded through the page is watched while it still comes, in Debian's Chromium: at a line that is not fast, through
// the end of the server, and through a reload of the page.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from './chromium.mjs';
import { longClip } from './clips.mjs';
import { repository, startServer, temporaryFolder } from './server.mjs';

const screenshots = path.join(repository, 'build/screenshots');
// The file takes about this long. It plays at double speed, so that it comes near to what is there, or waits for it.
const uploadSeconds = 32;
const waitMilliseconds = 90_000;

describe('watching what is still uploaded', () => {
  let folder;
  let server;
  let browser;
  before(async () => {
    fs.mkdirSync(screenshots, { recursive: true });
    folder = temporaryFolder();
    server = await startServer({ folder });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  // A page that has begun to upload `file`, and what it has asked the server for.
  async function uploading(t, file, seconds = uploadSeconds) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    t.after(() => context.close());
    await context.addInitScript(() => {
      localStorage.setItem('tritontube.rate', '2');
      localStorage.setItem('tritontube.muted', 'true');
    });
    const page = await context.newPage();
    const seen = { missing: [], errors: [], manifests: [], puts: [], beginMilliseconds: null, endMilliseconds: null };
    page.on('pageerror', (error) => seen.errors.push(error.stack));
    page.on('dialog', (dialog) => void dialog.accept());
    page.on('request', (request) => {
      if (request.method() === 'POST' && new URL(request.url()).pathname === '/api/v1/uploads') seen.beginMilliseconds ??= Date.now();
      if (request.method() === 'PUT') seen.puts.push(request.headers()['content-range']);
    });
    page.on('response', (response) => {
      if (response.status() === 404) seen.missing.push(response.url());
      if (response.request().method() === 'PUT') seen.endMilliseconds = Date.now();
      if (response.url().endsWith('.mpd')) response.text().then((text) => seen.manifests.push(text), () => {});
    });
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', {
      offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: fs.statSync(file).size / seconds,
    });
    await page.goto(`${server.url}/upload`);
    await page.getByTestId('upload-input').setInputFiles(file);
    return { page, seen };
  }

  async function watchNow(page) {
    await page.getByRole('link', { name: 'Watch now' }).click({ timeout: waitMilliseconds });
    await page.waitForFunction(() => document.querySelector('video')?.currentTime > 0.2, undefined, { timeout: waitMilliseconds, polling: 50 });
    return Date.now();
  }

  async function untilEnded(page) {
    await page.waitForFunction(() => document.querySelector('video')?.ended, undefined, { timeout: waitMilliseconds });
    assert.equal(await page.getByTestId('player-error').count(), 0);
    const { currentTime, duration } = await page.evaluate(() => {
      const { currentTime, duration } = document.querySelector('video');
      return { currentTime, duration };
    });
    assert.ok(Math.abs(currentTime - longClip.seconds) < 0.3 && Math.abs(duration - longClip.seconds) < 0.3, `${currentTime} of ${duration} s`);
  }

  test('a film plays long before it is whole, wherever its index stands', async (t) => {
    await Promise.all([true, false].map(async (faststart) => {
      const name = faststart ? 'index first' : 'index last';
      const { page, seen } = await uploading(t, longClip({ faststart }));
      const shown = await watchNow(page);
      await page.getByTestId('watch-progress').filter({ hasText: 'Uploading' }).waitFor();
      await page.screenshot({ path: path.join(screenshots, `watch-uploading-${name.replace(' ', '-')}.png`) });
      await untilEnded(page);
      const took = seen.endMilliseconds - seen.beginMilliseconds;
      const waited = (shown - seen.beginMilliseconds) / took;
      t.diagnostic(`${name}: shown after ${Math.round(waited * 100)}% of the upload's ${Math.round(took / 1000)} s`);
      assert.ok(waited < 0.25, `${name}: shown after ${waited} of the upload`);
      assert.match(seen.manifests[0], /type="dynamic"/);
      assert.match(seen.manifests.at(-1), /type="static"/);
      assert.deepEqual(seen.missing, []);
      assert.deepEqual(seen.errors, []);
    }));
  });

  test('the server is killed in the middle: the upload goes on, and so does who watches', async (t) => {
    const { page, seen } = await uploading(t, longClip({ faststart: true }), 20);
    await watchNow(page);
    const { port } = new URL(server.url);
    await server.kill();
    await page.getByTestId('watch-progress').filter({ hasText: 'interrupted' }).waitFor({ timeout: waitMilliseconds });
    const sentBefore = seen.puts.length;
    server = await startServer({ folder, flags: ['--listen', `127.0.0.1:${port}`] });
    await untilEnded(page);
    // What was acknowledged is not sent again.
    assert.ok(!seen.puts.slice(sentBefore).some((range) => range.startsWith('bytes 0-')), seen.puts.join('\n'));
    assert.match(seen.manifests.at(-1), /type="static"/);
    assert.deepEqual(seen.missing, []);
    assert.deepEqual(seen.errors, []);
  });

  test('a page that is loaded again goes on when the same file is chosen', async (t) => {
    const file = longClip({ faststart: true });
    const { page, seen } = await uploading(t, file, 5);
    const progress = () => page.getByTestId('upload-progress').getAttribute('aria-valuenow');
    while (Number(await progress()) < 40) await page.waitForResponse((response) => response.request().method() === 'PUT');
    await page.reload();
    const sentBefore = seen.puts.length;
    await page.getByTestId('upload-input').setInputFiles(file);
    await page.locator('[data-testid=upload-row]:is([data-status=processing],[data-status=ready])').waitFor({ timeout: waitMilliseconds });
    const sizes = seen.puts.slice(sentBefore).map((range) => {
      const [, begin, end] = /bytes (\d+)-(\d+)/.exec(range);
      return end - begin + 1;
    });
    const again = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(again < 0.7 * fs.statSync(file).size, `${again} bytes were sent after the reload`);
  });
});
