// How files and pages are served: ranges, caching, types, who may ask.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { problem, publish } from './api.mjs';
import { clip } from './clips.mjs';
import { readMpd, text } from './presentation.mjs';
import { startServer } from './server.mjs';

// fetch() does not let one choose Host and Origin.
function request(server, method, path, headers) {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const call = http.request({ hostname, port, method, path, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer));
    });
    call.once('error', reject);
    call.end();
  });
}

describe('what is served', () => {
  let server;
  let video;
  let segment;
  let whole;

  before(async () => {
    server = await startServer();
    video = await publish(server, clip({ seconds: 5, size: '640x360' }), 'served.mp4');
    const { video: [playlist] } = await readMpd(server.url + video.urls.dash);
    segment = `${server.url}/content/${video.id}/${playlist.segments[0].uri}`;
    whole = Buffer.from(await (await fetch(segment)).arrayBuffer());
  });
  after(() => server?.stop());

  test('a segment may be kept for ever and read by any page', async () => {
    const { headers } = await fetch(segment, { method: 'HEAD' });
    assert.equal(headers.get('cache-control'), 'public, max-age=31536000, immutable');
    assert.equal(headers.get('access-control-allow-origin'), '*');
    assert.equal(headers.get('accept-ranges'), 'bytes');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('content-type'), /^video\/(mp4|iso\.segment)$/);
    assert.equal(Number(headers.get('content-length')), whole.length);
  });

  test('a segment is not sent again to who has it', async () => {
    const etag = (await fetch(segment, { method: 'HEAD' })).headers.get('etag');
    assert.match(etag, /^"[^"]+"$/);
    const answer = await fetch(segment, { headers: { 'if-none-match': `"other", ${etag}` } });
    assert.equal(answer.status, 304);
    assert.equal((await answer.arrayBuffer()).byteLength, 0);
    assert.equal(answer.headers.get('etag'), etag);
  });

  for (const [range, from, to] of [['bytes=0-99', 0, 100], ['bytes=100-', 100], ['bytes=-50', -50], ['bytes=10-10', 10, 11]]) {
    test(`a range of a segment: ${range}`, async () => {
      const answer = await fetch(segment, { headers: { range } });
      assert.equal(answer.status, 206);
      const part = whole.subarray(from, to);
      const first = from < 0 ? whole.length + from : from;
      assert.equal(answer.headers.get('content-range'), `bytes ${first}-${first + part.length - 1}/${whole.length}`);
      assert.ok(part.equals(Buffer.from(await answer.arrayBuffer())));
    });
  }

  test('a range beyond the end is refused with the size', async () => {
    const answer = await fetch(segment, { headers: { range: `bytes=${whole.length}-` } });
    assert.equal(answer.status, 416);
    assert.equal(answer.headers.get('content-range'), `bytes */${whole.length}`);
  });

  test('a range of a version that is gone gets the whole file', async () => {
    const answer = await fetch(segment, { headers: { range: 'bytes=0-9', 'if-range': '"other"' } });
    assert.equal(answer.status, 200);
    assert.equal((await answer.arrayBuffer()).byteLength, whole.length);
  });

  test('manifests are asked for each time, and cost nothing when nothing has changed', async () => {
    for (const [path, type] of [[video.urls.dash, 'application/dash+xml'], [video.urls.hls, 'application/vnd.apple.mpegurl']]) {
      const { headers } = await fetch(server.url + path);
      assert.equal(headers.get('cache-control'), 'no-cache');
      assert.ok(headers.get('content-type').startsWith(type), headers.get('content-type'));
      const again = await fetch(server.url + path, { headers: { 'if-none-match': headers.get('etag') } });
      assert.equal(again.status, 304);
    }
  });

  test('what does not exist is a problem with a status of its own', async () => {
    for (const path of ['/api/v1/videos/AAAAAAAAAAA', '/content/AAAAAAAAAAA/manifest.mpd',
      `/content/${video.id}/none.m4s`, '/api/v1/nothing']) {
      await problem(await fetch(server.url + path), 404);
    }
    // No file name has a slash in it, however it is written.
    await problem(await fetch(`${server.url}/content/${video.id}/..%2f..%2fetc%2fpasswd`), 400);
  });

  test('a method that a path does not know is refused with those it does', async () => {
    const answer = await fetch(`${server.url}/api/v1/videos`, { method: 'DELETE' });
    assert.match(answer.headers.get('allow'), /GET/);
    await problem(answer, 405);
  });

  test('the pages come with a strict content security policy', async () => {
    for (const path of ['/', '/upload', `/videos/${video.id}`]) {
      const answer = await fetch(server.url + path);
      assert.equal(answer.status, 200, path);
      assert.match(answer.headers.get('content-type'), /^text\/html/);
      const policy = answer.headers.get('content-security-policy');
      assert.match(policy, /default-src 'self'/);
      assert.doesNotMatch(policy, /unsafe-eval|script-src[^;]*unsafe-inline|https?:/);
    }
  });

  test('it says that it lives and is ready', async () => {
    for (const path of ['/healthz', '/readyz']) assert.equal((await fetch(server.url + path)).status, 200, path);
    assert.ok((await text(`${server.url}/healthz`)).length < 1000);
  });

  test('a foreign page cannot change anything', async () => {
    const answer = await request(server, 'DELETE', `/api/v1/videos/${video.id}`, { origin: 'https://evil.example' });
    assert.equal(answer.statusCode, 403);
    assert.equal((await fetch(`${server.url}/api/v1/videos/${video.id}`)).status, 200);
  });

  test('a foreign name for this machine is refused, reading too', async () => {
    const answer = await request(server, 'GET', '/api/v1/videos', { host: 'rebound.example' });
    assert.ok([403, 421].includes(answer.statusCode), String(answer.statusCode));
  });
});
