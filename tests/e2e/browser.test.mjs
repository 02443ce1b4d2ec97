// The pages, in Debian's Chromium, as a person uses them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { getVideo, publish } from './api.mjs';
import { launchChromium } from './chromium.mjs';
import { clip, unshown } from './clips.mjs';
import { repository, startServer } from './server.mjs';

const screenshots = path.join(repository, 'build/screenshots');
const readyMilliseconds = 240_000;

describe('the pages', () => {
  let server;
  let browser;
  let context;
  let page;
  let complaints;

  before(async () => {
    fs.mkdirSync(screenshots, { recursive: true });
    server = await startServer();
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()} ${message.location().url}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.stack}`));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== server.url) complaints.push(`foreign request: ${request.url()}`);
    });
  });
  afterEach(async () => {
    await context.close();
    assert.deepEqual(complaints, []);
  });

  const byId = (name) => page.getByTestId(name);
  const shot = (name) => page.screenshot({ path: path.join(screenshots, `${name}.png`) });
  const untilVideo = (condition, argument, milliseconds = 20_000) =>
    page.waitForFunction(condition, argument, { timeout: milliseconds, polling: 50 });

  async function openPlayer(video) {
    await page.goto(`${server.url}/videos/${video.id}`);
    await untilVideo(() => document.querySelector('video')?.readyState >= 2);
    await page.evaluate(() => {
      const video = document.querySelector('video');
      video.muted = true;
      return video.play();
    });
    await untilVideo(() => document.querySelector('video').currentTime > 0.5);
  }

  test('a film goes in through the upload page, shows progress, and can be watched', async () => {
    await page.goto(`${server.url}/`);
    await shot('library-empty');
    await page.goto(`${server.url}/upload`);
    await byId('upload-input').setInputFiles([clip({ seconds: 20 }), clip({ seconds: 2, size: '640x360' })]);
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=upload-row]').length === 2);
    await byId('upload-progress').first().waitFor({ timeout: 30_000 });
    await shot('upload-progress');

    // The library shows the same work, and finishes it without a reload.
    const library = await context.newPage();
    await library.goto(`${server.url}/`);
    await library.getByTestId('card-progress').first().waitFor({ timeout: 30_000 });
    await library.screenshot({ path: path.join(screenshots, 'library-progress.png') });
    await library.waitForFunction(
      () => document.querySelectorAll('[data-testid=video-card][data-state=ready]').length === 2,
      undefined, { timeout: readyMilliseconds });
    await library.screenshot({ path: path.join(screenshots, 'library.png') });
    await library.close();

    await page.waitForFunction(
      () => document.querySelectorAll('[data-testid=upload-row][data-status=ready]').length === 2,
      undefined, { timeout: 10_000 });
    await shot('upload-ready');
    await page.getByRole('link', { name: 'Watch' }).first().click();
    await byId('watch-title').waitFor();
    await untilVideo(() => document.querySelector('video')?.readyState >= 2);
    await shot('watch');
  });

  test('a film plays, in order and in time', async () => {
    const video = await publish(server, clip({ seconds: 20 }), 'A film.mp4');
    await openPlayer(video);
    assert.equal(await byId('watch-title').innerText(), 'A film');
    const start = await page.evaluate(() => [performance.now() / 1000, document.querySelector('video').currentTime]);
    await untilVideo((from) => document.querySelector('video').currentTime > from + 4, start[1]);
    const end = await page.evaluate(() => [performance.now() / 1000, document.querySelector('video').currentTime]);
    const lag = end[0] - start[0] - (end[1] - start[1]);
    // A wide bound: a test machine may be busy, and a stall is seconds.
    assert.ok(lag < 2, `4 seconds took ${lag} s longer`);
    const duration = await page.evaluate(() => document.querySelector('video').duration);
    assert.ok(Math.abs(duration - 20) < 0.2, `${duration} s`);
  });

  test('the play button pauses and goes on', async () => {
    const [video] = await videos();
    await openPlayer(video);
    await page.mouse.move(600, 300);
    await byId('play-button').click();
    await untilVideo(() => document.querySelector('video').paused);
    await byId('play-button').click();
    await untilVideo(() => !document.querySelector('video').paused);
  });

  test('seeking goes there, forwards, backwards, and into what is not loaded', async () => {
    const [video] = await videos();
    await openPlayer(video);
    for (const target of [15, 3, 18.5, 0]) {
      await byId('seek-bar').evaluate((input, seconds) => {
        input.value = String(seconds);
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }, target);
      await untilVideo((seconds) => {
        const { currentTime, seeking, readyState } = document.querySelector('video');
        return !seeking && readyState >= 3 && currentTime >= seconds - 0.2 && currentTime < seconds + 5;
      }, target);
    }
    // At the end there may be nothing further to decode; 0 was the last target, so it plays on.
    await untilVideo(() => document.querySelector('video').currentTime > 0.3);
  });

  test('the quality can be chosen', async () => {
    const [video] = await videos();
    await openPlayer(video);
    for (const height of [240, 720, 1080]) {
      await page.mouse.move(600, 300);
      await byId('quality-button').click();
      if (height === 240) await shot('quality-menu');
      await page.locator(`[data-testid=quality-option][data-height="${height}"]`).click();
      await untilVideo((wanted) => document.querySelector('video').videoHeight === wanted, height);
    }
  });

  test('qualities that are made while one watches join the running player', async () => {
    const body = fs.readFileSync(clip({ seconds: 20 }));
    const answer = await fetch(`${server.url}/api/v1/videos?title=Shown%20at%20once`, { method: 'POST', body });
    const { id } = await answer.json();
    let loads = 0;
    page.on('load', () => (loads += 1));
    await openPlayer({ id });
    assert.equal((await getVideo(server, id)).state, 'processing');
    await byId('copy-fact').filter({ hasText: 'Shown as it was uploaded' }).waitFor();
    await page.mouse.move(600, 300);
    await byId('quality-button').click();
    await byId('menu-note').filter({ hasText: '720p' }).waitFor();
    await shot('quality-menu-coming');
    const pausedAt = await page.evaluate(() => {
      const video = document.querySelector('video');
      video.pause();
      return video.currentTime;
    });
    await page.locator('[data-testid=quality-option][data-height="240"]').waitFor({ timeout: readyMilliseconds });
    await page.locator('[data-testid=quality-option][data-height="240"]').click();
    await untilVideo(() => document.querySelector('video').videoHeight === 240);
    const { currentTime, paused } = await page.evaluate(() => {
      const { currentTime, paused } = document.querySelector('video');
      return { currentTime, paused };
    });
    assert.ok(paused && Math.abs(currentTime - pausedAt) < 0.1, `${paused} ${currentTime} ${pausedAt}`);
    assert.equal(loads, 1);
  });

  test('the watch page of a video in work says how far it is', async () => {
    // Slow enough to be seen in work.
    const bytes = fs.readFileSync(unshown({ seconds: 20 }));
    const answer = await fetch(`${server.url}/api/v1/videos?title=in%20work`, { method: 'POST', body: bytes });
    const { id } = await answer.json();
    await page.goto(`${server.url}/videos/${id}`);
    await byId('state-card').waitFor({ timeout: 30_000 });
    await shot('watch-processing');
    // It becomes the player by itself.
    await byId('player').waitFor({ timeout: readyMilliseconds });
    assert.equal((await getVideo(server, id)).playable, true);
  });

  test('a page opens one event stream', async () => {
    let streams = 0;
    page.on('request', (request) => {
      streams += new URL(request.url()).pathname === '/api/v1/events' ? 1 : 0;
    });
    await page.goto(`${server.url}/`);
    await byId('video-card').first().waitFor();
    await byId('video-card').first().click();
    await byId('watch-title').waitFor();
    assert.equal(streams, 1);
  });

  test('details can be edited, and what others change meanwhile is not lost', async () => {
    const video = await publish(server, clip({ seconds: 2, size: '640x360' }), 'Edit me.mp4');
    await page.goto(`${server.url}/videos/${video.id}`);
    await byId('edit-button').click();
    const form = byId('edit-form');
    const field = (name) => form.locator(`[name=${name}]`);
    await form.locator('[data-testid=edit-save]:enabled').waitFor();
    await field('title').fill('Edited');
    await field('description').fill('0:00 Begin\nIt goes on at 0:01.');
    await field('tags').fill('harbour, boats');
    await shot('edit-dialog');
    // Somebody is quicker, with the title and with chapters.
    const quicker = await fetch(`${server.url}/api/v1/videos/${video.id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ title: 'Theirs', chapters: [{ start_seconds: 0, title: 'One' }, { start_seconds: 1, title: 'Two' }] }),
    });
    assert.equal(quicker.status, 200);
    await byId('edit-save').click();
    await byId('edit-notice').filter({ hasText: 'The title here is yours' }).waitFor();
    await shot('edit-merge');
    // The browser writes the refusal to the console; it is the one that was expected.
    assert.equal(complaints.length, 1, complaints.join('\n'));
    assert.match(complaints.pop(), /412/);
    await byId('edit-save').click();
    await form.waitFor({ state: 'detached' });
    const edited = await getVideo(server, video.id);
    assert.equal(edited.title, 'Edited');
    assert.deepEqual(edited.tags, ['harbour', 'boats']);
    assert.equal(edited.chapters.length, 2);
    assert.equal(await byId('watch-title').innerText(), 'Edited');
    await untilVideo(() => document.querySelector('video')?.readyState >= 2);
    await byId('chapters').getByTestId('time-button').nth(1).click();
    await untilVideo(() => document.querySelector('video').currentTime >= 1);
    await byId('description').getByTestId('time-button').first().click();
    await untilVideo(() => document.querySelector('video').currentTime < 1);
    await shot('watch-described');
  });

  test('the library searches while one types, sorts, and goes on by itself', async () => {
    for (let i = 0; i < 30; ++i) {
      const body = fs.readFileSync(clip({ seconds: 2, size: '640x360' }));
      const answer = await fetch(`${server.url}/api/v1/videos?title=Series%20part%20${String(i).padStart(2, '0')}`, { method: 'POST', body });
      assert.equal(answer.status, 201);
    }
    await page.goto(`${server.url}/`);
    await page.getByLabel('Search videos').fill('series');
    await page.waitForURL('**/?q=series');
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=video-card]').length >= 24);
    await byId('sort-menu').selectOption('title');
    await page.waitForURL('**/?q=series&sort=title');
    await page.waitForFunction(() => document.querySelector('[data-testid=video-card] h2')?.textContent === 'Series part 00');
    await shot('library-sorted');
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await page.waitForFunction(() => document.querySelectorAll('[data-testid=video-card]').length === 30);
    assert.equal(await byId('more-button').count(), 0);
    await byId('sort-menu').selectOption('-title');
    await page.waitForFunction(() => document.querySelector('[data-testid=video-card] h2')?.textContent === 'Series part 29');
  });

  test('a video is deleted from its page, after a question', async () => {
    const answer = await fetch(`${server.url}/api/v1/videos?title=Doomed`, { method: 'POST', body: fs.readFileSync(clip({ seconds: 2, size: '640x360' })) });
    const { id } = await answer.json();
    await page.goto(`${server.url}/videos/${id}`);
    await byId('delete-button').click();
    await shot('delete-dialog');
    await byId('confirm-delete').click();
    await page.waitForURL(`${server.url}/`);
    assert.equal((await fetch(`${server.url}/api/v1/videos/${id}`)).status, 404);
  });

  for (const [name, colorScheme] of [['dark', 'dark'], ['light', 'light']]) {
    test(`the library fits a narrow phone, ${name}`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 360, height: 740 });
      for (const [what, address] of [['library', '/'], ['upload', '/upload'], ['watch', `/videos/${(await videos())[0].id}`]]) {
        await page.goto(server.url + address);
        await page.waitForLoadState('load');
        await page.waitForFunction(() => document.querySelector('h1, [data-testid=video-card], [data-testid=upload-input]'));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= 360, `${what} is ${wide} pixels wide`);
        await shot(`phone-${what}-${name}`);
      }
    });
  }

  // The videos that are ready and long, published when there is none.
  async function videos() {
    const { items } = await (await fetch(`${server.url}/api/v1/videos?limit=100`)).json();
    const long = items.filter(({ state, duration_seconds }) => state === 'ready' && duration_seconds > 15);
    return long.length ? long : [await publish(server, clip({ seconds: 20 }), 'A film.mp4')];
  }
});
