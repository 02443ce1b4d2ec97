// What is served is read by tools that are not ours, each rendition by itself: mp4box and shaka-packager. What mpd-parser,
// m3u8-parser and ffmpeg say is in publish.test.mjs.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { createFile, MP4BoxBuffer } from 'mp4box';
import { publish } from './api.mjs';
import { clip } from './clips.mjs';
import { repository, startServer, temporaryFolder } from './server.mjs';

const packager = path.join(repository, 'tests/e2e/node_modules/shaka-packager/bin/packager-linux-x64');
const seconds = 9;

describe('readers of others', () => {
  let server;
  let folder;
  let film;
  before(async () => {
    server = await startServer();
    folder = temporaryFolder();
    film = await publish(server, clip({ seconds, size: '640x360' }), 'A film.mp4');
  });
  after(async () => {
    await server?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  // A rendition as one file: its playlist's map and segments, one behind the other.
  async function whole(rendition) {
    const base = `${server.url}/content/${film.id}/`;
    const playlist = await (await fetch(`${base}${rendition.id}.m3u8`)).text();
    const names = [/#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)[1], ...playlist.split('\n').filter((line) => /^[^#]/.test(line))];
    const parts = [];
    for (const name of names) parts.push(Buffer.from(await (await fetch(base + name)).arrayBuffer()));
    const file = path.join(folder, `${rendition.id}.mp4`);
    fs.writeFileSync(file, Buffer.concat(parts));
    return file;
  }

  test('mp4box finds every sample of every rendition', async () => {
    for (const rendition of film.renditions) {
      const bytes = fs.readFileSync(await whole(rendition));
      const reader = createFile();
      const complaints = [];
      reader.onError = (module, message) => complaints.push(`${module}: ${message}`);
      const ready = new Promise((resolve) => { reader.onReady = resolve; });
      reader.appendBuffer(MP4BoxBuffer.fromArrayBuffer(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), 0));
      reader.flush();
      const { isFragmented, tracks: [track] } = await ready;
      assert.deepEqual(complaints, []);
      assert.ok(isFragmented);
      assert.equal(track.codec, rendition.codec);
      const samples = reader.getTrackSamplesInfo(track.id);
      const played = samples.reduce((sum, { duration }) => sum + duration, 0) / track.timescale;
      assert.ok(Math.abs(played - seconds) < 0.1, `${rendition.id} lasts ${played} s`);
      if (rendition.kind === 'video') assert.equal(samples.length, seconds * 25);
    }
  });

  test('shaka-packager reads every rendition, and says what it is', { skip: process.arch !== 'x64' && 'its program is for x64' }, async () => {
    fs.chmodSync(packager, 0o755);
    for (const rendition of film.renditions) {
      const file = await whole(rendition);
      const { stdout } = await promisify(execFile)(packager, [`in=${file},stream=${rendition.kind},output=${file}.out.mp4`, '--dump_stream_info']);
      assert.match(stdout, new RegExp(`codec_string: ${rendition.codec}$`, 'm'));
      if (rendition.kind === 'video') assert.match(stdout, new RegExp(`width: ${rendition.width}\n.*height: ${rendition.height}$`, 'm'));
      assert.ok(fs.statSync(`${file}.out.mp4`).size > 0, 'it was packaged again');
    }
  });
});
