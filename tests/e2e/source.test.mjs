// Originals that are shown as they are: every packet of them comes out of the segments, whenever it is asked for.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { created, getVideo, uploadRaw } from './api.mjs';
import { clip, movieSamples, plainSources, whereSamplesShouldBe } from './clips.mjs';
import { bytes, packets, readMpd } from './presentation.mjs';
import { keptFolder, startServer, temporaryFolder } from './server.mjs';

const ofSource = /^(vsrc|asrc\d)$/;

// The tracks of the original that a video's manifest lists: [{id, files}], the initialisation segment first.
async function sourceTracks(server, video) {
  const address = server.url + video.urls.dash;
  const { video: pictures, audio } = await readMpd(address);
  return [...pictures, ...audio].map(({ attributes, segments }) => ({
    id: attributes.NAME,
    files: [segments[0].map.uri, ...segments.map(({ uri }) => uri)].map((uri) => new URL(uri, address).href),
  })).filter(({ id }) => ofSource.test(id));
}

async function download(files, target) {
  fs.writeFileSync(target, '');
  for (const file of files) fs.appendFileSync(target, await bytes(file));
}

const streamOf = (id) => (id === 'vsrc' ? 'v:0' : `a:${id.slice(4)}`);

describe('an original that is shown as it is', () => {
  let server;
  let folder;
  before(async () => {
    folder = temporaryFolder();
    server = await startServer();
  });
  after(async () => {
    await server?.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  // Compares all that is served of a file with the file; answers how many tracks that were. Nothing waits for the encoder.
  async function compare(file) {
    const { id } = await created(await uploadRaw(server, file));
    const video = await getVideo(server, id);
    const tracks = video.playable ? await sourceTracks(server, video) : [];
    for (const track of tracks) {
      const ours = path.join(folder, `${track.id}.mp4`);
      await download(track.files, ours);
      const [expected, actual] = await Promise.all([packets(file, streamOf(track.id)), packets(ours, '0')]);
      assert.ok(expected.length > 0);
      const differs = expected.findIndex((packet, i) => packet !== actual[i]);
      assert.equal(differs, -1, `${track.id}: packet ${differs} is ${actual[differs]}, not ${expected[differs]}`);
      assert.equal(actual.length, expected.length);
    }
    await fetch(`${server.url}/api/v1/videos/${id}`, { method: 'DELETE' });
    return { video, tracks };
  }

  for (const { name, file } of plainSources()) {
    test(`every packet of ${name} is served`, async () => {
      const { video, tracks } = await compare(file);
      assert.deepEqual(video.copy, { safe: true, reasons: [] });
      assert.equal(tracks.length, name.startsWith('two-sounds') ? 3 : 2);
    });
  }

  const samples = movieSamples();
  const skip = samples.length ? false : `NO SAMPLES IN ${whereSamplesShouldBe}: set TRITONTUBE_MEDIA_DIR`;
  if (skip) console.log(`SKIPPED: ${skip}`);
  test('every packet of what cameras and editors have written is served', { skip }, async () => {
    let compared = 0;
    for (const { file } of samples) compared += (await compare(file)).tracks.length > 0 ? 1 : 0;
    assert.ok(compared >= 10, `${compared} of ${samples.length}`);
  });
});

test('segments of an original keep their bytes and their tags over a restart', async (t) => {
  const folder = keptFolder(t);
  const first = await startServer({ folder });
  const { id } = await created(await uploadRaw(first, clip({ seconds: 20, size: '640x360' })));
  const look = async (server) => {
    const video = await getVideo(server, id);
    const found = {};
    for (const { files } of await sourceTracks(server, video)) {
      for (const file of files) {
        const answer = await fetch(file);
        const digest = crypto.createHash('sha256').update(Buffer.from(await answer.arrayBuffer())).digest('hex');
        found[new URL(file).pathname] = `${answer.headers.get('etag')} ${answer.headers.get('cache-control')} ${digest}`;
      }
    }
    return found;
  };
  const before = await look(first);
  assert.ok(Object.keys(before).length > 8);
  await first.kill();
  const second = await startServer({ folder });
  t.after(() => second.stop());
  assert.deepEqual(await look(second), before);
});
