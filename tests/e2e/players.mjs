// A page of ours with the engines that others build players from, for content of a server under test: another origin, as on
// anybody's site.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const files = {
  '/shaka.js': 'node_modules/shaka-player/dist/shaka-player.compiled-es2021.js',
  '/hls.js': 'node_modules/hls.js/dist/hls.min.js',
  '/dash.js': 'node_modules/dashjs/dist/modern/umd/dash.all.min.js',
  '/page.js': 'players_page.js',
};
const html = `<!doctype html><title>players</title><video width="640"></video>
${Object.keys(files).map((file) => `<script src="${file}"></script>`).join('\n')}`;

// Answers {url, close}.
export async function startPlayersPage() {
  const server = http.createServer((request, response) => {
    const file = files[request.url];
    response.writeHead(200, { 'content-type': file ? 'text/javascript' : 'text/html' });
    response.end(file ? fs.readFileSync(path.join(here, file)) : html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((resolve) => server.close(resolve)) };
}

export const engines = [
  { name: 'shaka', manifest: 'dash' },
  { name: 'dash', manifest: 'dash' },
  { name: 'hls', manifest: 'hls' },
];

// Opens a video in one of the engines; `switching` asks for another quality for each segment. `missing` of the page is what was
// not found, and `qualities` those of the pictures that were loaded.
export async function openPlayer(browser, players, engine, address, switching = false) {
  const page = await browser.newPage();
  page.missing = [];
  page.qualities = [];
  page.on('requestfinished', (request) => {
    const found = /\/(v[^/]*)-\d+\.m4s$/.exec(request.url());
    if (found) page.qualities.push(found[1]);
  });
  page.on('response', (answer) => answer.status() >= 400 && !answer.url().endsWith('favicon.ico') && page.missing.push(answer.url()));
  await page.goto(players.url);
  await page.evaluate(([name, url, each]) => window.load(name, url, each), [engine.name, address, switching]);
  return page;
}

export async function untilPlayer(page, condition, argument) {
  try {
    await page.waitForFunction(condition, argument, { timeout: 60_000, polling: 50 });
  } catch (error) {
    const seen = await page.evaluate(() => window.describe());
    throw new Error(`${error.message} ${JSON.stringify({ ...seen, qualities: page.qualities.slice(-12) })}`);
  }
}

// Goes there, and sees that it goes on playing.
export async function seekPlayer(page, target, playedSeconds = 0.3) {
  await page.evaluate((to) => { document.querySelector('video').currentTime = to; }, target);
  await untilPlayer(page, ([to, played]) => {
    const { currentTime, seeking } = document.querySelector('video');
    return !seeking && currentTime > to + played && currentTime < to + played + 3;
  }, [target, playedSeconds]);
}

export async function playToTheEnd(page, playbackRate) {
  await page.evaluate((rate) => {
    const video = document.querySelector('video');
    video.playbackRate = rate;
    return video.play();
  }, playbackRate);
  await untilPlayer(page, () => document.querySelector('video').ended);
}

export async function checkNoErrors(page) {
  assert.deepEqual(await page.evaluate(() => window.state.errors), []);
  assert.deepEqual(page.missing, []);
}

// Answers from where to where it is buffered.
export async function checkNothingWentWrong(page) {
  await checkNoErrors(page);
  const ranges = await page.evaluate(() => window.ranges());
  assert.equal(ranges.length, 1, `one unbroken buffered range, not ${JSON.stringify(ranges)}`);
  return ranges[0];
}
