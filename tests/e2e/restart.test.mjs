// What survives the end of the process, asked for or not.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { created, getVideo, publish, uploadRaw, waitForState, waitUntil } from './api.mjs';
import { clip, unshown } from './clips.mjs';
import { decode, text } from './presentation.mjs';
import { keptFolder, startServer } from './server.mjs';

// The seconds of pictures that can be watched.
async function watchable(server, id) {
  const content = `${server.url}/content/${id}/`;
  const master = await fetch(`${content}master.m3u8`);
  if (!master.ok) return 0;
  const [playlist] = (await master.text()).match(/^[^#\n]+$/m);
  const lengths = (await text(content + playlist)).matchAll(/#EXTINF:([\d.]+)/g);
  return [...lengths].reduce((sum, [, length]) => sum + Number(length), 0);
}

test('videos are there after a restart', async (t) => {
  const folder = keptFolder(t);

  const first = await startServer({ folder });
  const video = await publish(first, clip({ seconds: 5, size: '640x360' }), 'kept.mp4');
  await first.stop();

  const second = await startServer({ folder });
  t.after(() => second.stop());
  assert.deepEqual(await getVideo(second, video.id), video);
  const streams = await decode(second.url + video.urls.dash);
  assert.ok(streams.filter(({ codec_type }) => codec_type === 'video').every(({ nb_read_frames }) => nb_read_frames === 125));
});

test('the data folder may be named relative to where one is', async (t) => {
  const folder = keptFolder(t);
  const server = await startServer({ folder: path.relative(process.cwd(), folder) });
  t.after(() => server.stop());
  await publish(server, clip({ seconds: 2, size: '320x240' }), 'relative.mp4');
});

test('a transcode that was killed is finished after the restart', async (t) => {
  const folder = keptFolder(t);

  const first = await startServer({ folder });
  const { id } = await created(await uploadRaw(first, clip({ seconds: 10 }), 'interrupted.mp4'));
  await waitForState(first, id, 'processing');
  await first.kill();

  const second = await startServer({ folder });
  t.after(() => second.stop());
  const video = (await waitForState(second, id, 'ready')).at(-1);
  const streams = await decode(second.url + video.urls.hls);
  assert.ok(streams.filter(({ codec_type }) => codec_type === 'video').every(({ nb_read_frames }) => nb_read_frames === 250));
});

test('a transcode that could be watched already goes on where it was killed', async (t) => {
  const folder = keptFolder(t);
  const seconds = 60;

  const first = await startServer({ folder });
  const { id } = await created(await uploadRaw(first, unshown({ seconds, size: '1280x720' }), 'long.mp4'));
  await waitUntil('a quarter of it can be watched', async () => await watchable(first, id) >= seconds / 4);
  await first.kill();

  const second = await startServer({ folder });
  t.after(() => second.stop());
  const video = (await waitForState(second, id, 'ready')).at(-1);
  const [{ made }] = second.logEvents('the pictures are made in chunks');
  assert.ok(made >= 0.25, `${made} of the pictures was not made again`);
  const streams = await decode(second.url + video.urls.hls);
  const pictures = streams.filter(({ codec_type }) => codec_type === 'video');
  // One more: the run-up of the sound, which Matroska does not hide, makes the first picture late.
  assert.ok(pictures.every(({ nb_read_frames }) => nb_read_frames === seconds * 25 + 1), JSON.stringify(pictures));
});

test('a second server refuses the folder of a running one and says why', async (t) => {
  const first = await startServer();
  t.after(() => first.stop());
  await assert.rejects(startServer({ folder: first.folder }), (error) => {
    assert.match(error.message, /ended with [1-9]/);
    assert.ok(error.message.includes(first.folder), `the message names the folder: ${error.message}`);
    return true;
  });
});
