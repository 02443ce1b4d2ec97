// What breaks on the disks and processes of a cluster, and how it mends itself: nobody does anything but to start again what was
// stopped.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { publish, waitUntil } from './api.mjs';
import { command, succeed } from './cli.mjs';
import { bulkyClip, clip } from './clips.mjs';
import { etcdBinary, startCluster, turnBits } from './cluster.mjs';
import { idle, listsOf, nodeIn, statusOf, sumOf, untilStatus, verify, well } from './cluster_state.mjs';
import { contentOf, expectContent } from './traffic.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';

// What was in the log of a node is in its files after it has started again.
async function stopWithFiles(node) {
  await node.stop();
  await node.start();
  assert.equal((await node.stop()).code, 0, node.log);
}

function turnBit(file, at) {
  const bytes = fs.readFileSync(file);
  bytes[at(bytes.length)] ^= 1;
  fs.writeFileSync(file, bytes);
}

const databaseFiles = (node, pattern) => {
  const folder = path.join(node.folder, 'blobs/db');
  return fs.readdirSync(folder).filter((name) => pattern.test(name)).map((name) => path.join(folder, name));
};

const asideOf = (node) => fs.readdirSync(node.folder).filter((name) => name.startsWith('blobs.damaged-'));

describe('a cluster that breaks', { skip }, () => {
  let cluster;
  let web;
  let content;
  before(async () => {
    cluster = await startCluster({ nodes: 3, webs: 1 });
    web = cluster.webs[0];
    const film = await publish(web, clip({ seconds: 8, size: '640x360' }), 'A film.mp4');
    const bulk = await publish(web, bulkyClip(), 'Bulk.mp4');
    await idle(web);
    content = await contentOf(web, [film, bulk]);
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  test('proves that every copy of every byte is whole and in its place', async (t) => {
    const report = await verify(web);
    t.diagnostic(`${report.checked_blobs} files, ${sumOf(report, 'verified_bytes')} bytes on ${report.nodes.length} nodes`);
    assert.equal(report.nodes.length, 3);
    assert.equal(sumOf(report, 'healed_blobs'), 0);
    const text = await succeed(['admin', 'verify', web.admin]);
    assert.match(text, /files that videos name were looked for: 0 missing or damaged/);
    const shown = (await statusOf(web)).nodes.map(({ upkeep }) => upkeep.scrub_ended_at);
    assert.ok(shown.every((time) => Date.parse(time) > 0), shown.join());
  });

  test('bits that turned on a disk are found and healed from the other copies', async (t) => {
    const [node] = cluster.nodes;
    await stopWithFiles(node);
    const turned = turnBits(node);
    await node.start();
    await well(web);
    await succeed(['admin', 'scrub', web.admin, node.address]);
    const healed = (await statusOf(web)).nodes.find(({ address }) => address === node.address);
    t.diagnostic(`${turned} bits turned, ${healed.upkeep.healed_blobs} blobs healed`);
    assert.ok(healed.upkeep.healed_blobs > 0);
    assert.equal(healed.damaged_blobs, 0);
    assert.match(node.log, /a damaged blob was healed from another copy/);
    // The others may go: what was healed is all that is needed.
    const report = await verify(web);
    assert.equal(sumOf(report, 'healed_blobs'), 0);
    await expectContent(content);
  });

  test('a node that was away gets what it has missed, though who owed it has died', async (t) => {
    const node = cluster.nodes[1];
    await node.kill();
    const missed = await publish(web, clip({ seconds: 5, size: '426x240', name: 'missed.mp4' }), 'Missed.mp4');
    await idle(web);
    await web.kill();
    await web.start();
    await node.start();
    const status = await waitUntil('the node has caught up', async () => {
      const { nodes } = await statusOf(web);
      const upkeep = nodes.find(({ address }) => address === node.address)?.upkeep;
      return upkeep?.compared_at && upkeep.caught_up_blobs > 0 ? upkeep : null;
    });
    t.diagnostic(`${status.caught_up_blobs} blobs in ${status.differing_slots} slots`);
    const report = await verify(web);
    assert.equal(sumOf(report, 'caught_up_blobs'), 0);
    content = new Map([...content, ...await contentOf(web, [missed])]);
  });

  test('a node that is down is named, and verifying fails', async () => {
    const node = cluster.nodes[2];
    await node.stop();
    const status = await waitUntil('it is seen', async () => {
      const seen = await statusOf(web);
      return seen.health.state === 'ok' ? null : seen;
    });
    assert.equal(status.health.state, 'degraded');
    assert.match(status.health.reasons[0], new RegExp(`${node.address} is down`));
    const { code, err } = await command(['admin', 'verify', web.admin]);
    assert.equal(code, 1);
    assert.match(err, /not all is well with 1 content node/);
    await node.start();
    await well(web);
  });

  const breakages = [
    ['whose manifest is damaged', (node) => databaseFiles(node, /^MANIFEST/).forEach((file) => turnBit(file, (size) => Math.floor(size / 2))), true],
    ['of which a table is gone', (node) => fs.rmSync(databaseFiles(node, /\.sst$/)[0]), true],
    ['of which the list cannot be read', (node) => databaseFiles(node, /\.sst$/).forEach((file) => turnBit(file, () => 100)), true],
    ['whose blobs are gone', (node) => fs.rmSync(path.join(node.folder, 'blobs'), { recursive: true }), false],
    ['whose disk is empty', (node) => {
      fs.rmSync(path.join(node.folder, 'blobs'), { recursive: true });
      fs.mkdirSync(path.join(node.folder, 'blobs'));
    }, false],
  ];
  for (const [i, [what, breakIt, isSetAside]] of breakages.entries()) {
    test(`a node ${what} begins anew and is repaired by the others`, async () => {
      const node = cluster.nodes[i % 3];
      const before = asideOf(node).length;
      const mark = cluster.mark();
      await stopWithFiles(node);
      breakIt(node);
      await node.start();
      await cluster.logged(/complete: nothing is missing here any more/, mark);
      await well(web);
      assert.equal(asideOf(node).length, before + (isSetAside ? 1 : 0), node.log);
      const report = await verify(web);
      assert.equal(sumOf(report, 'caught_up_blobs'), 0);
      await expectContent(content);
    });
  }
});

describe('a cluster of which a node is lost', { skip }, () => {
  let cluster;
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  test('makes the lost copies anew on the others, and takes the node in again by itself when it comes back', async (t) => {
    cluster = await startCluster({ nodes: 4, webs: 1, nodeFlags: ['--give-up-after', '3s'] });
    const [web] = cluster.webs;
    const film = await publish(web, clip({ seconds: 8, size: '640x360' }), 'A film.mp4');
    const doomed = await publish(web, clip({ seconds: 5, size: '426x240' }), 'Doomed.mp4');
    await idle(web);
    const content = await contentOf(web, [film]);
    const lost = cluster.nodes[2];
    await lost.kill();
    const killed = Date.now();
    await waitUntil('the lost node is given up', async () => {
      const { nodes, plan } = await statusOf(web);
      return plan === null && nodes.length === 3;
    });
    t.diagnostic(`full redundancy ${((Date.now() - killed) / 1000).toFixed(1)} s after the kill, of which 10 s for the lease and 3 s to wait`);
    assert.equal((await statusOf(web)).copies, 3);
    await verify(web);
    await expectContent(content);

    const address = `${web.url}/api/v1/videos/${doomed.id}`;
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 204);
    const mark = web.log.length;
    await lost.start();
    const started = Date.now();
    await untilStatus(web, 'it is a member again', ({ nodes }) => nodes.length === 4);
    t.diagnostic(`a member again ${((Date.now() - started) / 1000).toFixed(1)} s after its start`);
    await well(web);
    const report = await verify(web);
    assert.equal(report.nodes.length, 4);
    await expectContent(content);
    await waitUntil('what it has of the deleted video is collected', () => web.log.slice(mark).includes('garbage collected'));
    assert.equal((await fetch(address)).status, 404);
    const lists = await listsOf(cluster, cluster.nodes);
    assert.deepEqual(lists.flat().filter((line) => line.startsWith(`${doomed.id}/`)), []);
    await well(web);
  });

  test('forgets the node when an operator removes it', async () => {
    const [web] = cluster.webs;
    const removed = cluster.nodes[3];
    await removed.kill();
    await untilStatus(web, 'it is given up', ({ nodes, plan }) => plan === null && nodes.length === 3);
    const remove = ['admin', 'remove', web.admin, removed.address, '--dead'];
    await succeed(remove);
    const { code, err } = await command(remove);
    assert.equal(code, 2);
    assert.match(err, /is not in the cluster/);
    await verify(web);
  });
});

describe('a cluster that loses two nodes', { skip }, () => {
  let cluster;
  let web;
  let content;
  before(async () => {
    cluster = await startCluster({ nodes: 5, webs: 1, nodeFlags: ['--give-up-after', '3s'] });
    [web] = cluster.webs;
    const film = await publish(web, clip({ seconds: 8, size: '640x360' }), 'A film.mp4');
    const bulk = await publish(web, bulkyClip(), 'Bulk.mp4');
    await idle(web);
    await verify(web);
    content = await contentOf(web, [film, bulk]);
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  // The first one is killed, and as soon as its copies are being made anew the second one.
  async function loseTwo(first, second) {
    const mark = cluster.mark();
    await first.kill();
    await cluster.logged(/pulling slots for a plan/, mark);
    await second.kill();
    const { health, nodes, plan } = await untilStatus(web, 'both are seen to be down', (status) => [first, second]
      .every((lost) => nodeIn(status, lost)?.state === 'down'));
    assert.notEqual(plan, null, 'the repair was under way');
    assert.ok(nodes.length > 3 && ['critical', 'degraded'].includes(health.state), JSON.stringify(health));
    await expectContent(content);
  }

  test('gives up nobody when two fall silent at once, and says why', async () => {
    const lost = cluster.nodes.slice(0, 2);
    const mark = cluster.mark();
    await Promise.all(lost.map((node) => node.kill()));
    await cluster.logged(/too many are silent at once/, mark);
    const { health, nodes, plan } = await statusOf(web);
    assert.deepEqual([nodes.length, plan, health.state], [5, null, 'critical']);
    await expectContent(content);
    await Promise.all(lost.map((node) => node.start()));
    await well(web);
  });

  test('one while it repairs the loss of the other serves every byte, and ends what it has begun by itself when that one is back', async () => {
    const [first, second] = cluster.nodes;
    await loseTwo(first, second);
    await second.start();
    const { given_up: givenUp } = await untilStatus(web, 'the first one is given up', ({ nodes, plan }) => plan === null && nodes.length === 4);
    assert.deepEqual(givenUp.map(({ address }) => address), [first.address]);
    await well(web);
    await verify(web);
    await expectContent(content);
  });

  test('one after the other has lost nothing when neither comes back and an operator says so', async () => {
    const [, , first, second] = cluster.nodes;
    await loseTwo(first, second);
    await succeed(['admin', 'abort', web.admin]);
    await succeed(['admin', 'remove', web.admin, first.address, second.address, '--dead', '--accept-loss']);
    const { nodes, copies } = await well(web);
    assert.deepEqual([nodes.length, copies], [2, 2]);
    await verify(web);
    await expectContent(content);
  });
});
