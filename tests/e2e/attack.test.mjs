// Files made to read other files, to reach other machines, to run for ever or to fill the memory. All are refused with a
// reason, and afterwards nothing was read, nobody was called, and nothing is left.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { expectRefused, problem, uploadForm } from './api.mjs';
import { brokenContainers, noise } from './clips.mjs';
import { startServer, temporaryFolder } from './server.mjs';
import { listBlobs, writeAttackFiles } from './tools.mjs';

// A file that tells whether it was read: with its time of reading before its time of writing, every disk (but one mounted
// noatime) notes the next read.
class Canary {
  constructor(file) {
    this.file = file;
  }

  arm() {
    fs.utimesSync(this.file, new Date('2001-01-01'), new Date('2002-02-02'));
  }

  wasRead() {
    return fs.statSync(this.file).atime.getFullYear() !== 2001;
  }
}

describe('attacks by upload', () => {
  let folder;
  let server;
  let listener;
  let connections = 0;
  let canary;
  let attacks;

  before(async () => {
    folder = temporaryFolder();
    listener = net.createServer((socket) => {
      ++connections;
      socket.destroy();
    });
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const uploads = path.join(folder, 'uploads');
    fs.mkdirSync(uploads);
    canary = new Canary(path.join(folder, 'victim.wav'));
    attacks = writeAttackFiles(uploads, canary.file, listener.address().port);
    canary.arm();
    server = await startServer({ folder: path.join(folder, 'data') });
  });
  after(async () => {
    listener?.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  test('every attack file is refused with a reason', async (t) => {
    assert.ok(attacks.length >= 16, `only ${attacks.length} attacks`);
    for (const { name, file } of attacks) t.diagnostic(`${name}: ${await expectRefused(server, file, name)}`);
  });

  test('the beginning of every container with nothing sensible behind it is refused with a reason', async (t) => {
    for (const { name, file } of brokenContainers()) t.diagnostic(`${name}: ${await expectRefused(server, file, name)}`);
  });

  test('names that a media tool would follow are names', async () => {
    const names = [
      'img-%03d.mp4', `concat:${canary.file}|x.mp4`, `subfile,,start,0,end,999,,:${canary.file}`, '-i.mp4', '--help.mp4',
      `http://127.0.0.1:${listener.address().port}/x.mp4`, `file:${canary.file}`, '../../../etc/passwd.mp4', 'a\tb\nc.mp4', '$(id).mp4',
    ];
    for (const name of names) await problem(await uploadForm(server, noise(), { name }), 415);
  });

  test('nothing was read, nobody was called, and what is listed is nothing', async () => {
    assert.ok(!canary.wasRead(), 'the file of somebody else was read');
    assert.equal(connections, 0, 'a connection was made');
    assert.deepEqual((await (await fetch(`${server.url}/api/v1/videos`)).json()).items, []);
    assert.deepEqual(fs.readdirSync(path.join(server.folder, 'scratch')), []);
  });

  test('the canary sings', () => {
    fs.readFileSync(canary.file);
    assert.ok(canary.wasRead(), `${folder} does not note when files are read: mounted noatime?`);
  });

  test('not a byte of them is left in the store', async () => {
    await server.stop();
    assert.deepEqual(listBlobs(server.folder), []);
  });
});
