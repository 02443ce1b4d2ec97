// What the server tells those who run it: settings, log lines, metrics.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { created, events, problem, waitForState } from './api.mjs';
import { clip, textFile } from './clips.mjs';
import { binary, startServer, temporaryFolder } from './server.mjs';

// {'name{labels}': number} of one scrape.
async function scrape(server) {
  const answer = await fetch(`${server.url}/metrics`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  const lines = (await answer.text()).split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));
}

describe('metrics and log of an upload', () => {
  const fileName = 'my "day"\u001b[2J.mp4';
  let server;
  let video;

  before(async () => {
    server = await startServer();
    const first = await scrape(server);
    assert.equal(first['tritontube_uploads_total{outcome="finished"}'], 0);
    const { id } = await created(
      await fetch(`${server.url}/api/v1/videos?filename=${encodeURIComponent(fileName)}`, {
        method: 'POST',
        // So large that beside it a smaller quality is made.
        body: fs.readFileSync(clip({ seconds: 2, size: '640x360' })),
      }),
    );
    video = (await waitForState(server, id, 'ready')).at(-1);
  });
  after(() => server?.stop());

  test('counters move with what happens', async () => {
    for (let i = 0; i < 2; ++i) await (await fetch(server.url + video.urls.poster)).arrayBuffer();
    const now = await scrape(server);
    const above = (name, floor) => assert.ok(now[name] > floor, `${name} is ${now[name]}`);
    assert.equal(now['tritontube_uploads_total{outcome="finished"}'], 1);
    assert.equal(now['tritontube_jobs_total{outcome="done"}'], 1);
    assert.equal(now['tritontube_jobs{state="waiting"}'], 0);
    assert.equal(now['tritontube_http_requests_total{route="/api/v1/videos",method="POST",status="201"}'], 1);
    above('tritontube_http_request_bytes_total{route="/api/v1/videos"}', 1000);
    above('tritontube_http_response_bytes_total{route="/content/{id}/{file}"}', 1000);
    above('tritontube_http_request_duration_seconds_count{route="/content/{id}/{file}"}', 1);
    above('tritontube_delivery_cache_requests_total{result="hit"}', 0);
    above('tritontube_delivery_cache_bytes', 0);
    above('tritontube_ffmpeg_cpu_seconds_total', 0);
    above('tritontube_ffmpeg_content_seconds_total', 0.5);
    above('tritontube_ffmpeg_memory_peak_bytes', 1_000_000);
    above('tritontube_store_bytes', 1000);
    above('tritontube_disk_free_bytes', 0);
    above('tritontube_garbage_passes_total', 0);
  });

  test('a browser that listens is counted while it listens', async () => {
    const name = 'tritontube_http_requests_in_flight{route="/api/v1/events"}';
    for await (const { event } of events(server)) {
      assert.equal(event, 'open');
      assert.equal((await scrape(server))[name], 1);
      break;
    }
  });

  test('a request keeps the name that a proxy gave it, from the header to the log', async () => {
    const answer = await fetch(`${server.url}/api/v1/videos`, {
      method: 'POST',
      headers: { 'x-request-id': 'proxy-4711' },
      body: fs.readFileSync(textFile()),
    });
    assert.equal(answer.headers.get('x-request-id'), 'proxy-4711');
    assert.equal((await problem(answer, 415)).request_id, 'proxy-4711');
    await server.logged(/"message":"upload refused".*"request":"proxy-4711"/);
  });

  test('every line of the log is JSON, and an upload can be followed by its id', async () => {
    await server.logged(/"message":"job ended"/);
    const whole = server.log.slice(0, server.log.lastIndexOf('\n'));
    const lines = whole.split('\n').filter((line) => !line.startsWith('TritonTube is at'));
    const told = lines.map((line) => JSON.parse(line)).filter((line) => line.video === video.id);
    const messages = told.map((line) => line.message).filter((message) => message !== 'extras made');
    assert.deepEqual(messages.sort(), ['job ended', 'job started', 'upload begun', 'upload finished']);
    assert.ok(told.every((line) => line.time && line.level === 'info'));
    assert.ok(!server.log.includes('\u001b'), 'a control character got through');
  });
});

describe('tritontube config', () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'tube.toml');
  const run = (flags, environment = {}) =>
    spawnSync(binary, ['config', ...flags], { encoding: 'utf8', env: { ...process.env, ...environment } });
  after(() => fs.rmSync(folder, { recursive: true }));

  test('shows every setting with its origin', () => {
    fs.writeFileSync(file, '# ours\nworkers = 2\ncache-bytes = "1GiB"\n');
    const { stdout, status } = run(['--config', file, '--json', '-listen', ':80'], { TRITONTUBE_WORKERS: '3' });
    assert.equal(status, 0);
    const settings = Object.fromEntries(JSON.parse(stdout).map((row) => [row.name, row]));
    assert.deepEqual([settings.workers.value, settings.workers.place], ['3', 'TRITONTUBE_WORKERS']);
    assert.deepEqual([settings['cache-bytes'].value, settings['cache-bytes'].place], ['1GiB', `${file}:3`]);
    assert.deepEqual([settings.listen.value, settings.listen.origin], ['0.0.0.0:80', 'flag']);
    assert.equal(settings.data.origin, 'default');
  });

  test('says in one line what is wrong', () => {
    fs.writeFileSync(file, 'wrokers = 2\n');
    const { stderr, status } = run(['--config', file]);
    assert.equal(status, 2);
    assert.equal(stderr, `tritontube: ${file}:1: there is no setting "wrokers"; did you mean workers?\n`);
  });
});
