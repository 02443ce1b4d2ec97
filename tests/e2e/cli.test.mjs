// The commands that ask a server, as a person at a terminal uses them.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { command, fail, startCommand, succeed } from './cli.mjs';
import { clip, textFile } from './clips.mjs';
import { getVideo, hasExtras, publish, waitFor } from './api.mjs';
import { startServer, temporaryFolder } from './server.mjs';

let server;
let folder;
before(async () => {
  server = await startServer();
  folder = temporaryFolder();
});
after(async () => {
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const film = () => clip({ seconds: 4, size: '320x240' });
const sha = (file) => crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');
const videos = async () => (await (await fetch(`${server.url}/api/v1/videos?limit=100`)).json()).items;
const idOf = (address) => {
  const found = /\/videos\/([\w-]{11})$/.exec(address);
  assert.ok(found, `${address} is no watch address`);
  return found[1];
};

test('upload prints the address; list, show, download and delete do what they say', async () => {
  const address = await succeed(['upload', film()], { server });
  const id = idOf(address);
  assert.equal(address, `${server.url}/videos/${id}`);
  // It is printed as soon as the video is playable; when loudness and storyboard are there nothing changes any more.
  const video = await waitFor(server, id, hasExtras);
  assert.equal(video.state, 'ready');
  assert.equal(video.title, path.basename(film(), '.mp4'));

  assert.match(await succeed(['list'], { server }), new RegExp(`^${id}  ready .*  ${video.title}$`, 'm'));
  assert.equal(await succeed(['list', '--q', 'no such title'], { server }), '');
  const listed = (await succeed(['list', '--json'], { server })).split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(listed.find((one) => one.id === id), video);
  assert.deepEqual(JSON.parse(await succeed(['show', id, '--json'], { server })), video);
  assert.match(await succeed(['show', id], { server }), /^picture +320x240$/m);

  const saved = await succeed(['download', id], { server, cwd: folder });
  assert.equal(saved, path.basename(film()));
  assert.equal(sha(path.join(folder, saved)), sha(film()));

  assert.equal(await succeed(['delete', id], { server }), `deleted ${id}`);
  assert.match(await fail(['show', id], { server }), /there is no video/);
  assert.match(await fail(['download', id], { server }), /there is no video/);
});

test('names with blanks, letters of any language and a dash in front are kept', async () => {
  const names = ['my film.mp4', 'Grüße – 東京.mp4', '-dash.mp4'];
  for (const name of names) fs.copyFileSync(film(), path.join(folder, name));
  const addresses = await succeed(['upload', '--', ...names], { server, cwd: folder });
  const titles = await Promise.all(addresses.split('\n').map(async (line) => (await getVideo(server, idOf(line))).title));
  assert.deepEqual(titles.sort(), names.map((name) => name.slice(0, -4)).sort());
  const id = idOf(addresses.split('\n')[0]);
  const { title } = await getVideo(server, id);
  const saved = await succeed(['download', id, '-o', temporaryFolder()], { server });
  assert.equal(path.basename(saved), `${title}.mp4`.replace(/^-/, ''));
});

test('a file that is refused says why and does not keep the others', async () => {
  const { code, out, err } = await command(['upload', textFile(), '/nowhere.mp4', film(), '--json'], { server });
  assert.notEqual(code, 0);
  assert.match(err, /notes\.mp4: This is not a video/);
  assert.match(err, /nowhere\.mp4: No such file/);
  const lines = out.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(lines.length, 3);
  assert.equal(lines.filter(({ error }) => error).length, 2);
  assert.equal(lines.find(({ video }) => video).video.playable, true);
});

test('a file that is too large is refused before it is sent', async (t) => {
  const small = await startServer({ flags: ['--upload-bytes-max', '1000'] });
  t.after(() => small.stop());
  const { code, err } = await command(['upload', film()], { server: small });
  assert.notEqual(code, 0);
  assert.match(err, /larger than/);
});

test('Ctrl-C ends an upload, and nothing of it is left', { timeout: 60_000 }, async () => {
  // The head of a film, and a hole: it would take a while.
  const large = path.join(folder, 'large.mp4');
  fs.writeFileSync(large, fs.readFileSync(film()).subarray(0, 4096));
  fs.truncateSync(large, 6 * 2 ** 30);
  const before = (await videos()).length;
  const upload = startCommand(['upload', large], { server });
  while (!(await videos()).some(({ title }) => title === 'large')) assert.equal(upload.child.exitCode, null);
  upload.child.kill('SIGINT');
  const { code, err } = await upload.ended;
  assert.notEqual(code, 0);
  assert.match(err, /stopped/);
  while ((await videos()).length > before);
});

test('a download goes on where it stopped, and overwrites nothing', async () => {
  const id = idOf(await succeed(['upload', film()], { server }));
  // The server tells the digest of the whole once it has read it.
  await waitFor(server, id, ({ state }) => state === 'ready');
  const target = path.join(folder, 'resumed.mp4');
  const whole = fs.readFileSync(film());
  fs.writeFileSync(`${target}.${id}.part`, whole.subarray(0, 1000));
  assert.equal(await succeed(['download', id, '-o', target], { server }), target);
  assert.deepEqual(fs.readFileSync(target), whole);
  assert.match(await fail(['download', id, '-o', target], { server }), /--force/);
  fs.writeFileSync(target, 'something else');
  await succeed(['download', id, '-o', target, '--force'], { server });
  assert.deepEqual(fs.readFileSync(target), whole);
  // A beginning that is another film's is noticed.
  fs.writeFileSync(`${target}.${id}.part`, Buffer.alloc(1000));
  assert.match(await fail(['download', id, '-o', target, '--force'], { server }), /download it again/);
  await succeed(['download', id, '-o', target, '--force'], { server });
});

test('the original is served by range under its own name', async () => {
  const name = 'Ein "Film" ü.mp4';
  const file = path.join(folder, name);
  fs.copyFileSync(film(), file);
  const whole = fs.readFileSync(file);
  const id = idOf(await succeed(['upload', file], { server }));
  const address = server.url + (await getVideo(server, id)).urls.original;
  const head = await fetch(address, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String(whole.length));
  assert.equal(head.headers.get('content-type'), 'video/mp4');
  assert.match(head.headers.get('content-disposition'), /^attachment; .*filename\*=UTF-8''Ein%20_Film_%20%C3%BC\.mp4$/);
  const etag = head.headers.get('etag');
  assert.equal((await fetch(address, { headers: { 'if-none-match': etag } })).status, 304);
  for (const [range, from, to] of [['bytes=0-0', 0, 1], ['bytes=100-', 100, whole.length], ['bytes=-7', whole.length - 7, whole.length]]) {
    const part = await fetch(address, { headers: { range } });
    assert.equal(part.status, 206);
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(from, to));
  }
  assert.equal((await fetch(address, { headers: { range: `bytes=${whole.length}-` } })).status, 416);
});

test('what cannot work is one line that says what to do', async () => {
  assert.match(await fail(['list', '--server', 'http://127.0.0.1:1']), /there is no server at http:\/\/127\.0\.0\.1:1: start it/);
  assert.match(await fail(['list', '--server', 'tube']), /say an address such as/);
  assert.match(await fail(['show', '../../etc/passwd'], { server }), /there is no video .* say an id/);
  assert.match(await fail(['upload']), /FILE/);
  assert.match(await fail(['download'], { server }), /ID/);
});

test('verify reads every byte and says that all is well', async () => {
  const video = await publish(server, film(), 'sound');
  const summary = JSON.parse(await succeed(['verify', video.id, '--json'], { server }));
  assert.equal(summary.damaged_blobs, 0);
  assert.ok(summary.checked_bytes > video.size_bytes);
  assert.match(await succeed(['verify'], { server }), /^checked \d+ files, .*: 0 damaged$/);
});
