// Backups are taken of a server that works on, and make another one that is the same.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { command, fail, startCommand, succeed } from './cli.mjs';
import { clip } from './clips.mjs';
import { created, getVideo, publishWithExtras, uploadRaw, waitForState } from './api.mjs';
import { decode, readHls } from './presentation.mjs';
import { keptFolder, startServer } from './server.mjs';

const film = (seconds = 4) => clip({ seconds, size: '320x240' });

async function serverFor(t, options) {
  const server = await startServer(options);
  t.after(() => server.stop());
  return server;
}

const backup = async (server, folder) => JSON.parse(await succeed(['backup', folder, '--json'], { server }));

// A server on what a backup holds.
async function restored(t, folder, flags = []) {
  const data = path.join(keptFolder(t), 'data');
  await succeed(['restore', folder, '--data', data]);
  return serverFor(t, { folder: data, flags });
}

// Every file that the manifests name, and the manifests: {name: digest}.
async function contentOf(server, video) {
  const names = ['manifest.mpd', 'master.m3u8', 'poster.jpg', path.basename(video.urls.original)];
  for (const { name, segments } of (await readHls(server.url + video.urls.hls)).media) {
    names.push(name, ...segments.flatMap(({ uri, map }) => [uri, map.uri]));
  }
  const content = {};
  for (const name of new Set(names)) {
    const answer = await fetch(`${server.url}/content/${video.id}/${name}`);
    assert.equal(answer.status, 200, name);
    content[name] = crypto.createHash('sha256').update(Buffer.from(await answer.arrayBuffer())).digest('hex');
  }
  return content;
}

// An upload that has begun: `finish` sends the rest and returns the video.
function slowUpload(server, file) {
  const bytes = fs.readFileSync(file);
  const request = http.request(`${server.url}/api/v1/videos?title=slow`, {
    method: 'POST', headers: { 'content-length': bytes.length },
  });
  const answer = new Promise((resolve, reject) => {
    request.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => (text += chunk)).on('end', () => resolve(JSON.parse(text)));
    });
  });
  request.write(bytes.subarray(0, bytes.length / 2));
  return { finish: () => { request.end(bytes.subarray(bytes.length / 2)); return answer; } };
}

async function listed(server) {
  return (await (await fetch(`${server.url}/api/v1/videos?limit=100`)).json()).items;
}

test('a backup during uploads restores to a server that plays the same bytes', async (t) => {
  const server = await serverFor(t);
  const folder = path.join(keptFolder(t), 'backup');
  const first = await publishWithExtras(server, film(), 'first');
  const second = await publishWithExtras(server, film(6), 'second');
  const slow = slowUpload(server, film());
  while (!(await listed(server)).some(({ title }) => title === 'slow'));

  const summary = await backup(server, folder);
  assert.equal(summary.videos, 2, 'an upload under way is not in it');
  assert.equal(summary.new_uploads, 6, 'an original, a presentation and the extras of each');

  const copy = await restored(t, folder);
  assert.deepEqual((await listed(copy)).map(({ id }) => id), [second.id, first.id]);
  for (const video of [first, second]) {
    assert.deepEqual(await getVideo(copy, video.id), video);
    assert.deepEqual(await contentOf(copy, video), await contentOf(server, video));
  }
  const streams = await decode(copy.url + first.urls.dash);
  assert.ok(streams.filter(({ codec_type }) => codec_type === 'video').every(({ nb_read_frames }) => nb_read_frames === 100));
  await slow.finish();
});

test('a second backup brings what is new and forgets what is deleted', async (t) => {
  const server = await serverFor(t);
  const folder = keptFolder(t);
  const kept = await publishWithExtras(server, film(), 'kept');
  const deleted = await publishWithExtras(server, film(6), 'deleted');
  await backup(server, folder);
  const again = await backup(server, folder);
  assert.deepEqual([again.videos, again.new_uploads, again.new_bytes], [2, 0, 0]);

  await fetch(`${server.url}/api/v1/videos/${deleted.id}`, { method: 'DELETE' });
  const added = await publishWithExtras(server, clip({ seconds: 2, size: '320x240' }), 'added');
  const next = await backup(server, folder);
  assert.deepEqual([next.videos, next.new_uploads, next.removed_uploads], [2, 3, 3]);
  assert.ok(fs.readdirSync(path.join(folder, 'uploads')).every((name) => !name.startsWith(deleted.id)));
  const copy = await restored(t, folder);
  assert.deepEqual((await listed(copy)).map(({ id }) => id), [added.id, kept.id]);
});

test('what was being transcoded goes on after a restore', async (t) => {
  const server = await serverFor(t, { flags: ['--workers', '0'] });
  const folder = keptFolder(t);
  const { id } = await created(await uploadRaw(server, film(), 'waiting.mp4'));
  await backup(server, folder);
  const copy = await restored(t, folder);
  const video = (await waitForState(copy, id, 'ready')).at(-1);
  const streams = await decode(copy.url + video.urls.hls);
  assert.ok(streams.filter(({ codec_type }) => codec_type === 'video').every(({ nb_read_frames }) => nb_read_frames === 100));
});

test('a backup that is killed leaves the one before, and the next one goes on', async (t) => {
  const server = await serverFor(t, { flags: ['--workers', '0'] });
  const folder = keptFolder(t);
  const first = await created(await uploadRaw(server, film(), 'first.mp4'));
  await backup(server, folder);
  // A film with a large box behind it that players pass over.
  const large = path.join(keptFolder(t), 'large.mp4');
  const box = Buffer.alloc(300 << 20, 7);
  box.writeUInt32BE(box.length, 0);
  box.write('free', 4, 'latin1');
  fs.writeFileSync(large, Buffer.concat([fs.readFileSync(film()), box]));
  const second = await created(await uploadRaw(server, large, 'second.mp4'));

  const uploads = path.join(folder, 'uploads');
  const unfinished = () => fs.readdirSync(uploads).find((name) => name.endsWith('.unfinished'));
  const killed = startCommand(['backup', folder], { server });
  while (!unfinished()) {
    assert.equal(killed.child.exitCode, null, 'it was too quick to be killed');
    await new Promise((resolve) => setImmediate(resolve));
  }
  killed.child.kill('SIGKILL');
  assert.equal((await killed.ended).signal, 'SIGKILL');
  assert.ok(unfinished(), 'it was killed in the middle');

  const copy = await restored(t, folder, ['--workers', '0']);
  assert.deepEqual((await listed(copy)).map(({ id }) => id), [first.id]);

  const summary = await backup(server, folder);
  assert.deepEqual([summary.videos, summary.new_uploads], [2, 1]);
  assert.equal(unfinished(), undefined);
  const whole = await restored(t, folder, ['--workers', '0']);
  const saved = path.join(keptFolder(t), 'saved.mp4');
  await succeed(['download', second.id, '-o', saved], { server: whole });
  assert.ok(fs.readFileSync(saved).equals(fs.readFileSync(large)));
});

test('backup and restore refuse what would destroy something', async (t) => {
  const server = await serverFor(t, { flags: ['--workers', '0'] });
  const folder = keptFolder(t);
  const { id } = await created(await uploadRaw(server, film(), 'only.mp4'));
  await backup(server, folder);

  const diary = keptFolder(t);
  fs.writeFileSync(path.join(diary, 'diary.txt'), 'mine');
  assert.match(await fail(['backup', diary], { server }), /has other things in it/);
  assert.match(await fail(['restore', folder, '--data', diary]), /is not empty/);
  assert.deepEqual(fs.readdirSync(diary), ['diary.txt']);
  assert.match(await fail(['restore', diary, '--data', keptFolder(t)]), /there is no backup in/);

  await fetch(`${server.url}/api/v1/videos/${id}`, { method: 'DELETE' });
  assert.match(await fail(['backup', folder], { server }), /that backup was kept/);
  const copy = await restored(t, folder, ['--workers', '0']);
  assert.deepEqual((await listed(copy)).map((video) => video.id), [id]);
});

test('a restore of a damaged backup says which video and restores the others', async (t) => {
  const server = await serverFor(t, { flags: ['--workers', '0'] });
  const folder = keptFolder(t);
  const damaged = await created(await uploadRaw(server, film(), 'damaged.mp4'));
  const sound = await created(await uploadRaw(server, film(6), 'sound.mp4'));
  await backup(server, folder);
  const uploads = path.join(folder, 'uploads');
  const file = path.join(uploads, fs.readdirSync(uploads).find((name) => name.startsWith(damaged.id)));
  const bytes = fs.readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  fs.writeFileSync(file, bytes);

  const data = path.join(keptFolder(t), 'data');
  const { code, err } = await command(['restore', folder, '--data', data]);
  assert.equal(code, 1);
  assert.match(err, new RegExp(`video ${damaged.id}: .*does not match its digest`));
  const copy = await serverFor(t, { folder: data, flags: ['--workers', '0'] });
  assert.deepEqual((await listed(copy)).map(({ id }) => id), [sound.id]);
});
