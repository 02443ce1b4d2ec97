// What goes with a video: captions, storyboard, posters, loudness, embedding. Over HTTP, and in Debian's Chromium.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse as parseMpd } from 'mpd-parser';
import { getVideo, problem, publish, publishWithExtras, waitFor } from './api.mjs';
import { launchChromium } from './chromium.mjs';
import { captioned, clip, sample, soundOnly, twilight } from './clips.mjs';
import { decode, readHls, readMpd, text } from './presentation.mjs';
import { repository, startServer } from './server.mjs';

const screenshots = path.join(repository, 'build/screenshots');
const srt = '1\n00:00:01,000 --> 00:00:30,000\n<b>Hello</b> <script>alert(1)</script>\n<i>world</i> & all\n';

const put = (server, id, what, body, type) =>
  fetch(`${server.url}/api/v1/videos/${id}/${what}`, { method: 'PUT', body, headers: type ? { 'content-type': type } : {} });

describe('extras over HTTP', () => {
  let server;
  let film;
  before(async () => {
    server = await startServer();
    film = await publishWithExtras(server, captioned(), 'With captions.mp4');
  });
  after(() => server?.stop());

  test('subtitles in a file become captions in its language, in DASH and HLS', async () => {
    const [caption] = film.captions;
    assert.deepEqual(film.captions.map(({ lang, label }) => ({ lang, label })), [{ lang: 'en', label: 'English' }]);
    const answer = await fetch(server.url + caption.url);
    assert.match(answer.headers.get('content-type'), /^text\/vtt/);
    assert.match(answer.headers.get('cache-control'), /immutable/);
    assert.equal(answer.headers.get('access-control-allow-origin'), '*');
    assert.match(await answer.text(), /^WEBVTT\n\n00:00:01\.000 --> 00:00:30\.000\n/);

    const mpdUrl = server.url + film.urls.dash;
    await readMpd(mpdUrl);
    const mpd = parseMpd(await text(mpdUrl), { manifestUri: mpdUrl });
    const [track] = Object.values(mpd.mediaGroups.SUBTITLES.subs).flatMap(({ playlists }) => playlists);
    assert.equal(track.segments[0]?.resolvedUri ?? track.resolvedUri, server.url + caption.url);
    const { master } = await readHls(server.url + film.urls.hls);
    const [group] = Object.values(master.mediaGroups.SUBTITLES.captions);
    assert.match(await text(new URL(group.uri, server.url + film.urls.hls).href), new RegExp(path.basename(caption.url)));
    for (const url of [film.urls.dash, film.urls.hls]) await decode(server.url + url);
  });

  test('captions can be sent, replaced and removed, and each version has an address of its own', async () => {
    const first = await (await put(server, film.id, 'captions/de?label=Deutsch', srt)).json();
    const url = first.captions.find(({ lang }) => lang === 'de').url;
    const served = await text(server.url + url);
    assert.ok(!served.includes('script'), served);
    assert.match(served, /<b>Hello<\/b> alert\(1\)\n<i>world<\/i> &amp; all/);

    const second = await (await put(server, film.id, 'captions/ger', srt.replace('Hello', 'Hallo'))).json();
    assert.equal(second.captions.length, 2);
    const next = second.captions.find(({ lang }) => lang === 'de');
    assert.notEqual(next.url, url);
    assert.match(await text(server.url + next.url), /Hallo/);
    assert.equal((await fetch(server.url + url)).status, 404);

    const gone = await fetch(`${server.url}/api/v1/videos/${film.id}/captions/de`, { method: 'DELETE' });
    assert.equal(gone.status, 204);
    assert.equal((await fetch(server.url + next.url)).status, 404);
    await problem(await fetch(`${server.url}/api/v1/videos/${film.id}/captions/de`, { method: 'DELETE' }), 404);
  });

  test('captions of a person replace those of the file', async () => {
    const video = await (await put(server, film.id, 'captions/eng?label=By%20hand', srt)).json();
    assert.deepEqual(video.captions.map(({ lang, label }) => ({ lang, label })), [{ lang: 'en', label: 'By hand' }]);
  });

  test('what are no captions is refused with the line, and what is too large before it is sent', async () => {
    for (const body of ['', 'no captions', '<html>', '1\n00:00:01 --> 00:00:02\nx\n', Buffer.from([0xff, 0xfe, 0x31])]) {
      await problem(await put(server, film.id, 'captions/en', body), 400);
    }
    await problem(await put(server, film.id, 'captions/english', srt), 400);
    await problem(await put(server, 'AAAAAAAAAAA', 'captions/en', srt), 404);
    await problem(await put(server, film.id, 'captions/en', Buffer.alloc((2 << 20) + 1, 'x')), 413);
    const foreign = await fetch(`${server.url}/api/v1/videos/${film.id}/captions/en`, {
      method: 'PUT', body: srt, headers: { origin: 'http://evil.example' },
    });
    await problem(foreign, 403);
  });

  test('a moment or a picture becomes the poster under a new address', async () => {
    const frame = await (await put(server, film.id, 'poster', '{"at_seconds": 2.5}', 'application/json')).json();
    assert.notEqual(frame.urls.poster, film.urls.poster);
    const poster = await fetch(server.url + frame.urls.poster);
    assert.equal(poster.headers.get('content-type'), 'image/jpeg');
    const bytes = Buffer.from(await poster.arrayBuffer());
    assert.deepEqual([...bytes.subarray(0, 3)], [0xff, 0xd8, 0xff]);

    // A JPEG with something behind it that is not ours to serve.
    const hostile = Buffer.concat([bytes, Buffer.from('<script>alert(1)</script>')]);
    const picture = await (await put(server, film.id, 'poster', hostile, 'image/jpeg')).json();
    assert.notEqual(picture.urls.poster, frame.urls.poster);
    const served = Buffer.from(await (await fetch(server.url + picture.urls.poster)).arrayBuffer());
    assert.ok(!served.includes('script'));

    await problem(await put(server, film.id, 'poster', '{"at_seconds": 1e9}', 'application/json'), 400);
    await problem(await put(server, film.id, 'poster', '<svg onload="alert(1)"/>', 'image/svg+xml'), 400);
    await problem(await put(server, film.id, 'poster', 'x', 'text/plain'), 415);
  });

  test('sound alone is shown by its waveform and measured', async () => {
    const sound = await publishWithExtras(server, soundOnly(), 'A tone.m4a');
    assert.equal((await fetch(server.url + sound.urls.poster)).headers.get('content-type'), 'image/jpeg');
    assert.equal(sound.urls.storyboard, null);
    assert.ok(sound.loudness.integrated_lufs < 0 && sound.loudness.integrated_lufs > -60, JSON.stringify(sound.loudness));
  });

  test('what was encoded is compared with the original, and nothing else is', () => {
    const encoded = film.renditions.filter(({ id }) => /^v\d/.test(id));
    assert.ok(encoded.length > 0);
    for (const { id, ssim } of encoded) assert.ok(ssim > 0.9 && ssim <= 1, `${id}: ${ssim}`);
    for (const { id, ssim } of film.renditions) if (!/^v\d/.test(id)) assert.equal(ssim, null, id);
  });

  for (const number of [18, 22, 28, 29]) {
    test(`the subtitles of sample ${number} are captions`, async (context) => {
      const file = sample(number);
      if (!file) return context.skip('no samples here');
      const { id } = await publish(server, file);
      const video = await waitFor(server, id, ({ captions }) => captions.length > 0);
      const expected = { 18: ['en'], 22: ['en', 'es'], 28: ['en', 'en-x-2'], 29: ['en'] }[number];
      assert.deepEqual(video.captions.map(({ lang }) => lang), expected);
      for (const { url } of video.captions) assert.match(await text(server.url + url), /-->/);
    });
  }

  test('extras survive a restart and go with their video', async () => {
    const { folder } = server;
    const before = await getVideo(server, film.id);
    const kept = server.ownsFolder;
    server.ownsFolder = false;
    await server.stop();
    server = await startServer({ folder });
    server.ownsFolder = kept;
    assert.deepEqual(await getVideo(server, film.id), before);
    assert.equal((await fetch(server.url + before.captions[0].url)).status, 200);
    await fetch(`${server.url}/api/v1/videos/${film.id}`, { method: 'DELETE' });
    for (const url of [before.captions[0].url, before.urls.poster, before.urls.storyboard]) {
      assert.equal((await fetch(server.url + url)).status, 404);
    }
  });
});

describe('extras in the browser', () => {
  let server;
  let browser;
  let page;
  let film;
  before(async () => {
    fs.mkdirSync(screenshots, { recursive: true });
    server = await startServer();
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    film = await publishWithExtras(server, twilight(), 'Twilight.mp4');
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const byId = (name) => page.getByTestId(name);
  const shot = (name) => page.screenshot({ path: path.join(screenshots, `${name}.png`) });
  const until = (condition, argument) => page.waitForFunction(condition, argument, { timeout: 20_000, polling: 50 });

  async function openPlayer() {
    await page.goto(`${server.url}/videos/${film.id}`);
    await until(() => document.querySelector('video')?.readyState >= 2);
    await page.evaluate(() => document.querySelector('video').play());
    await until(() => document.querySelector('video').currentTime > 1.2);
  }

  test('captions are added on the page and shown above the controls', async () => {
    await openPlayer();
    assert.match(await byId('likeness-fact').innerText(), /\d+p [01]\.\d{3}/);
    await byId('edit-captions').click();
    await byId('caption-file').setInputFiles({ name: 'film.fr.srt', mimeType: 'text/plain', buffer: Buffer.from(srt) });
    assert.equal(await byId('caption-language').inputValue(), 'fr');
    await byId('caption-send').click();
    await byId('caption-row').waitFor();
    await shot('captions-dialog');
    await page.getByRole('button', { name: 'Close' }).click();

    await page.mouse.move(600, 300);
    await byId('captions-button').click();
    await shot('captions-menu');
    await byId('captions-option').nth(1).click();
    const caption = byId('caption-text');
    await caption.waitFor();
    assert.equal(await caption.innerText(), 'Hello alert(1)\nworld & all');
    assert.equal(await caption.locator('b').innerText(), 'Hello');
    // While the controls are there, and once the caption has moved out of their way.
    await page.mouse.move(620, 310);
    await until(() => {
      const box = document.querySelector('[data-testid=caption-text] span')?.getBoundingClientRect();
      const bar = document.querySelector('.controls').getBoundingClientRect();
      const shown = document.querySelector('.controls').dataset.idle === 'false';
      return shown && box && bar.height > 0 && box.height > 0 && box.bottom <= bar.top;
    });
    await shot('captions');
  });

  test('the tip of the seek bar shows the picture of its moment', async () => {
    await openPlayer();
    await page.evaluate(() => document.querySelector('video').pause());
    for (const seconds of [2.5, 8.5, 14.5]) {
      const bar = await byId('seek-bar').boundingBox();
      await page.mouse.move(bar.x + (bar.width * seconds) / film.duration_seconds, bar.y + bar.height / 2);
      await page.locator('.seek-picture').waitFor();
      const [tip, frame] = await page.evaluate(brightness, seconds);
      assert.ok(Math.abs(tip - frame) < 8, `at ${seconds} s the tip is ${tip} bright, the frame ${frame}`);
    }
    await shot('storyboard-tip');
  });

  test('a card of the library plays its storyboard under the pointer', async () => {
    await page.goto(`${server.url}/`);
    await byId('video-card').first().hover();
    await byId('card-preview').waitFor();
    await shot('card-preview');
  });

  test('the frame on the screen becomes the poster', async () => {
    await openPlayer();
    const before = (await getVideo(server, film.id)).urls.poster;
    await byId('poster-button').click();
    await page.getByText('Poster changed').waitFor();
    assert.notEqual((await getVideo(server, film.id)).urls.poster, before);
  });

  test('loudness is evened out behind the volume of the user', async () => {
    await openPlayer();
    await page.mouse.move(600, 300);
    await page.evaluate(() => { document.querySelector('video').muted = false; });
    const volume = await page.evaluate(() => document.querySelector('video').volume);
    const button = byId('even-loudness');
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await button.click();
    assert.equal(await button.getAttribute('aria-pressed'), 'false');
    await button.click();
    assert.equal(await page.evaluate(() => document.querySelector('video').volume), volume);
    const from = await page.evaluate(() => document.querySelector('video').currentTime);
    await until((before) => document.querySelector('video').currentTime > before + 1, from);
  });

  test('a page of another origin can embed the player, and no other page of ours', async () => {
    await page.goto(`${server.url}/videos/${film.id}`);
    await byId('share-button').click();
    await shot('share-dialog');
    assert.equal(await byId('share-link').inputValue(), `${server.url}/videos/${film.id}`);
    const code = await byId('share-embed').inputValue();
    const watch = code.replace('/embed/', '/videos/');
    const host = http.createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><title>elsewhere</title><h1>Somebody's page</h1>${code}${watch}`);
    });
    await new Promise((resolve) => host.listen(0, '127.0.0.1', resolve));
    try {
      await page.goto(`http://localhost:${host.address().port}/`);
      const player = page.frameLocator('iframe').first();
      await player.getByTestId('big-play-button').click();
      const frame = page.frames().find((candidate) => candidate.url().includes('/embed/'));
      await frame.waitForFunction(() => document.querySelector('video').currentTime > 1, undefined, { timeout: 20_000 });
      await shot('embed');
      const refused = page.frames().find((candidate) => candidate !== frame && candidate !== page.mainFrame());
      assert.ok(!refused.url().startsWith(server.url), `${refused.url()} let itself be framed`);
    } finally {
      host.closeAllConnections();
      host.close();
    }
  });
});

// How bright the tile of the seek tip is, and the video's own frame in the middle of that second.
async function brightness(seconds) {
  const average = (source, ...box) => {
    const canvas = new OffscreenCanvas(16, 9);
    const context = canvas.getContext('2d');
    context.drawImage(source, ...box, 0, 0, 16, 9);
    const { data } = context.getImageData(0, 0, 16, 9);
    return data.reduce((sum, value, index) => (index % 4 === 1 ? sum + value : sum), 0) / (16 * 9);
  };
  const tile = document.querySelector('.seek-picture');
  const { backgroundImage, backgroundPosition, width, height } = getComputedStyle(tile);
  const sheet = new Image();
  sheet.src = backgroundImage.slice(5, -2);
  await sheet.decode();
  const [x, y] = backgroundPosition.split(' ').map((place) => -parseFloat(place));
  const video = document.querySelector('video');
  video.currentTime = seconds;
  await new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  return [
    average(sheet, x, y, parseFloat(width), parseFloat(height)),
    average(video, 0, 0, video.videoWidth, video.videoHeight),
  ];
}
