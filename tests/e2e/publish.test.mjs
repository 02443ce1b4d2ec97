// The main job: a clip goes in by each route, and comes out as DASH and HLS that every reader accepts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { created, events, getVideo, publish, uploadForm, uploadRaw, waitForState } from './api.mjs';
import { clip } from './clips.mjs';
import { checkTimeline, decode, readHls, readMpd } from './presentation.mjs';
import { startServer } from './server.mjs';

const seconds = 10;
const rate = 25;
const frames = seconds * rate;
const heights = [1080, 720, 480, 360, 240];

describe('a 1080p clip', () => {
  let server;
  let video;
  let seen;
  let dash;
  let hls;

  before(async () => {
    server = await startServer();
    const made = await created(await uploadRaw(server, clip({ seconds, rate }), 'Größe 😀 eins.zwei.mp4'));
    seen = await waitForState(server, made.id, 'ready');
    video = await getVideo(server, made.id);
    dash = server.url + video.urls.dash;
    hls = server.url + video.urls.hls;
  });
  after(() => server?.stop());

  test('keeps its name without the last extension', () => {
    assert.equal(video.title, 'Größe 😀 eins.zwei');
  });

  test('says what it is', () => {
    assert.match(video.id, /^[A-Za-z0-9_-]{11}$/);
    assert.equal(video.state, 'ready');
    assert.equal(video.playable, true);
    assert.equal(video.progress, 1);
    assert.equal(video.error, null);
    assert.match(video.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.deepEqual([video.width, video.height], [1920, 1080]);
    assert.ok(Math.abs(video.frame_rate - rate) < 0.001);
    assert.ok(Math.abs(video.duration_seconds - seconds) < 0.1);
    assert.equal(video.urls.watch, `/videos/${video.id}`);
    assert.equal(video.urls.dash, `/content/${video.id}/manifest.mpd`);
    assert.equal(video.urls.hls, `/content/${video.id}/master.m3u8`);
  });

  test('tells progress that never falls, and states in their order', () => {
    const order = ['uploading', 'processing', 'ready'];
    for (const [index, now] of seen.entries()) {
      assert.ok(now.progress >= 0 && now.progress <= 1, `progress ${now.progress}`);
      assert.equal(now.progress === 1, now.state === 'ready', `progress 1 is ready: ${now.state} ${now.progress}`);
      if (index === 0) continue;
      assert.ok(now.progress >= seen[index - 1].progress, `${now.progress} after ${seen[index - 1].progress}`);
      assert.ok(order.indexOf(now.state) >= order.indexOf(seen[index - 1].state));
    }
    assert.ok(seen.length >= 3, `only ${seen.length} events from upload to ready`);
  });

  test('has the whole ladder and one sound', () => {
    const pictures = video.renditions.filter(({ kind }) => kind === 'video');
    assert.deepEqual(pictures.map(({ height }) => height).sort((a, b) => b - a), heights);
    assert.equal(video.renditions.filter(({ kind }) => kind === 'audio').length, 1);
    for (const rendition of video.renditions) {
      assert.equal(rendition.state, 'ready');
      assert.ok(rendition.bandwidth > 0);
      assert.match(rendition.codec, rendition.kind === 'video' ? /^avc1\.[0-9a-fA-F]{6}$/ : /^mp4a\.40\.\d+$/);
    }
  });

  for (const name of ['dash', 'hls']) {
    test(`is decoded whole by ffmpeg over ${name}, every frame in every rendition`, async () => {
      const streams = await decode(name === 'dash' ? dash : hls);
      const pictures = streams.filter(({ codec_type }) => codec_type === 'video');
      const sizes = [...new Set(pictures.map(({ height }) => height))].sort((a, b) => b - a);
      assert.deepEqual(sizes, heights);
      for (const { height, nb_read_frames } of pictures) assert.equal(nb_read_frames, frames, `${height}p`);
      for (const { nb_read_frames } of streams.filter(({ codec_type }) => codec_type === 'audio')) {
        // AAC counts in packets of 1024, and adds one or two at the start.
        assert.ok(Math.abs(nb_read_frames - (seconds * 48000) / 1024) <= 3, `${nb_read_frames} audio frames`);
      }
    });
  }

  test('has an MPD that mpd-parser accepts, with times equal to those in the segments', async () => {
    const { video: pictures, audio, duration } = await readMpd(dash);
    assert.equal(pictures.length, heights.length);
    assert.equal(audio.length, 1);
    assert.ok(Math.abs(duration - seconds) < 0.1, `${duration} s`);
    for (const playlist of [...pictures, ...audio]) {
      const { listed } = await checkTimeline(playlist, dash);
      assert.ok(Math.abs(listed - seconds) < 0.1, `${listed} s listed`);
    }
  });

  test('has playlists that m3u8-parser accepts, over the same segments', async () => {
    const { master, media } = await readHls(hls);
    assert.equal(master.playlists.length, heights.length);
    const listed = (await readMpd(dash)).video.flatMap(({ segments }) => segments.map(({ uri }) => uri));
    const same = media.flatMap(({ segments }) => segments.map(({ uri }) => uri)).filter((uri) => listed.includes(uri));
    assert.equal(new Set(same).size, new Set(listed).size, 'DASH and HLS list the same video segments');
    for (const { name, segments } of media) {
      const sum = segments.reduce((total, { duration }) => total + duration, 0);
      assert.ok(Math.abs(sum - seconds) < 0.1, `${name}: ${sum} s`);
    }
  });

  test('has a poster', async () => {
    const answer = await fetch(server.url + video.urls.poster);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    const bytes = new Uint8Array(await answer.arrayBuffer());
    assert.deepEqual([...bytes.slice(0, 3)], [0xff, 0xd8, 0xff]);
  });

  test('is listed, newest first', async () => {
    const second = await created(await uploadRaw(server, clip({ seconds: 1, size: '320x240' }), 'second.mp4'));
    const { items, next } = await (await fetch(`${server.url}/api/v1/videos`)).json();
    assert.deepEqual(items.map(({ id }) => id), [second.id, video.id]);
    assert.equal(next, null);
    const first = await (await fetch(`${server.url}/api/v1/videos?limit=1`)).json();
    assert.deepEqual(first.items.map(({ id }) => id), [second.id]);
    const rest = await (await fetch(`${server.url}/api/v1/videos?limit=1&cursor=${encodeURIComponent(first.next)}`)).json();
    assert.deepEqual(rest.items.map(({ id }) => id), [video.id]);
    const found = await (await fetch(`${server.url}/api/v1/videos?q=GROSSE`)).json();
    assert.ok(found.items.length <= 1);
    await waitForState(server, second.id, 'ready');
  });
});

describe('the form', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  test('answers a browser with a redirect to the watch page', async () => {
    const answer = await uploadForm(server, clip({ seconds: 1, size: '320x240' }), { accept: 'text/html' });
    assert.equal(answer.status, 303, await answer.text());
    const id = /^\/videos\/([A-Za-z0-9_-]{11})$/.exec(answer.headers.get('location'))?.[1];
    assert.ok(id, answer.headers.get('location'));
    await waitForState(server, id, 'ready');
  });

  test('answers a program with the video', async () => {
    const { id, title } = await created(await uploadForm(server, clip({ seconds: 1, size: '320x240' }), { name: 'a b.mp4' }));
    assert.equal(title, 'a b');
    await waitForState(server, id, 'ready');
  });

  test('takes a name that looks like a path as a name', async () => {
    const file = clip({ seconds: 1, size: '320x240' });
    const { title } = await created(await uploadForm(server, file, { name: '../../etc/passwd.mp4' }));
    assert.ok(!title.includes('/'), title);
  });
});

describe('deleting', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  test('takes away the video and all its content, and tells the pages', async () => {
    const video = await publish(server, clip({ seconds: 5, size: '320x240' }), 'gone.mp4');
    const { video: [playlist] } = await readMpd(server.url + video.urls.dash);
    const told = (async () => {
      for await (const { event, data } of events(server)) {
        if (event === 'open') {
          const answer = await fetch(`${server.url}/api/v1/videos/${video.id}`, { method: 'DELETE' });
          assert.equal(answer.status, 204);
        }
        if (event === 'deleted') return JSON.parse(data).id;
      }
      return null;
    })();
    assert.equal(await told, video.id);
    const gone = [`/api/v1/videos/${video.id}`, video.urls.dash, video.urls.hls, video.urls.poster,
      `/content/${video.id}/${playlist.segments[0].uri}`];
    for (const path of gone) assert.equal((await fetch(server.url + path)).status, 404, path);
    assert.deepEqual((await (await fetch(`${server.url}/api/v1/videos`)).json()).items, []);
  });
});
