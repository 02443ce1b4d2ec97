// What can be watched before it is whole: nothing that a manifest lists is missing, and in the end it is as if it had been
// whole from the beginning.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { created, getVideo, uploadRaw, waitFor, waitUntil } from './api.mjs';
import { clip, unshown } from './clips.mjs';
import { readHls, text } from './presentation.mjs';
import { createUpload } from './resumable.mjs';
import { startServer } from './server.mjs';

const pieces = 40;

// Fetches everything that the manifests of a video list, once, as a player would that is quick.
class Watcher {
  constructor(server, id) {
    this.content = `${server.url}/content/${id}/`;
    this.fetched = new Set();
    this.versions = [];
  }

  // True once it does not grow any more.
  async look() {
    const answer = await fetch(`${this.content}manifest.mpd`);
    if (answer.status === 404 && !this.versions.length) return false;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('cache-control'), 'no-cache');
    const mpd = await answer.text();
    if (mpd !== this.versions.at(-1)) this.versions.push(mpd);
    const listed = [...filesOfMpd(mpd), ...await this.#filesOfHls()];
    await Promise.all(listed.map((name) => this.#fetch(name)));
    return /type="static"/.test(mpd);
  }

  async #filesOfHls() {
    const names = [];
    const master = await text(`${this.content}master.m3u8`);
    for (const [, quoted, line] of master.matchAll(/URI="([^"]+)"|^([^#\n]+)$/gm)) {
      const playlist = await text(this.content + (quoted ?? line));
      for (const [, map, file] of playlist.matchAll(/URI="([^"]+)"|^([^#\n]+)$/gm)) names.push(map ?? file);
    }
    return names;
  }

  async #fetch(name) {
    if (this.fetched.has(name)) return;
    this.fetched.add(name);
    const answer = await fetch(this.content + name);
    assert.equal(answer.status, 200, `${name} is listed`);
    assert.equal((await answer.arrayBuffer()).byteLength, Number(answer.headers.get('content-length')));
  }
}

// Every file that a segment timeline stands for.
function filesOfMpd(mpd) {
  return [...mpd.matchAll(/<Representation id="([^"]+)"[\s\S]*?<\/Representation>/g)].flatMap(([whole, id]) => {
    if (!whole.includes('SegmentTimeline')) return [];
    const count = [...whole.matchAll(/<S [^>]*?(?:r="(\d+)")?\/>/g)].reduce((sum, [, r = 0]) => sum + 1 + Number(r), 0);
    return [`${id}-init.mp4`, ...Array.from({ length: count }, (_, i) => `${id}-${String(i + 1).padStart(5, '0')}.m4s`)];
  });
}

describe('what grows', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const film = clip({ seconds: 60, size: '640x360' });
  const orders = {
    'from its beginning': (size) => Array.from({ length: pieces }, (_, i) => [i, i + 1].map((n) => Math.floor((size * n) / pieces))),
    'with its end before the rest': (size) => {
      const inOrder = orders['from its beginning'](size);
      return [inOrder.at(-1), ...inOrder.slice(0, -1)];
    },
  };
  for (const [name, order] of Object.entries(orders)) {
    test(`an upload that comes ${name} lists what has come, and nothing else`, async () => {
      const upload = await createUpload(server, film);
      const watcher = new Watcher(server, upload.video);
      for (const [from, to] of order(upload.size)) {
        await upload.send(from, to);
        await watcher.look();
      }
      await waitUntil('it is static', () => watcher.look());
      // A second lies between two looks at what has come; this one is fast.
      assert.ok(watcher.versions.length > 1, `${watcher.versions.length} versions`);
      assert.ok(watcher.versions.slice(0, -1).every((mpd) => /type="dynamic"/.test(mpd)));
      await readHls(`${server.url}/content/${upload.video}/master.m3u8`);
      const video = await getVideo(server, upload.video);
      assert.equal(video.playable, true);
      assert.deepEqual(video.copy, { safe: true, reasons: [] });
    });
  }

  test('a transcode lists what is made, and nothing else', async () => {
    const { id } = await created(await uploadRaw(server, unshown({ seconds: 20, size: '1280x720' })));
    const watcher = new Watcher(server, id);
    const growing = await waitFor(server, id, ({ playable }) => playable);
    assert.equal(growing.state, 'processing');
    assert.equal(growing.copy.safe, false);
    await waitUntil('it is static', () => watcher.look());
    assert.ok(watcher.versions.length > 1, `${watcher.versions.length} versions`);
    assert.ok(watcher.versions.slice(0, -1).every((mpd) => /type="dynamic"/.test(mpd)));
    await readHls(`${server.url}/content/${id}/master.m3u8`);
    const { playable, renditions } = await waitFor(server, id, ({ state }) => state === 'ready');
    assert.equal(playable, true);
    assert.ok(renditions.every(({ state }) => state === 'ready'), JSON.stringify(renditions));
  });
});
