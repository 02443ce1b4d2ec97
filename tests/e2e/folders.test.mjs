// The folder of a content node is not the one that the cluster knows: it is empty, of another cluster, older than it should be, or
// there twice. Nobody takes it for what it is not, nothing is lost, and the end is a cluster with every copy in its place.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { publish } from './api.mjs';
import { fail, succeed } from './cli.mjs';
import { clip } from './clips.mjs';
import { etcdBinary, startCluster } from './cluster.mjs';
import { idle, listsOf, nodeIn, sumOf, untilStatus, verify, well } from './cluster_state.mjs';
import { contentOf, expectContent } from './traffic.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';

describe('the folder of a content node', { skip }, () => {
  let cluster;
  let web;
  let node;
  let content;
  before(async () => {
    cluster = await startCluster({ spares: 1, webs: 1 });
    [web] = cluster.webs;
    [node] = cluster.nodes;
    content = await contentOf(web, [await publish(web, clip({ seconds: 5, size: '426x240', name: 'early.mp4' }), 'Early.mp4')]);
    await idle(web);
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  const aside = (name) => path.join(cluster.folder, name);
  const copyFolder = async (name) => {
    await node.stop();
    fs.cpSync(node.folder, aside(name), { recursive: true });
    await node.start();
  };
  const startWith = async (folder) => {
    await node.stop();
    fs.renameSync(node.folder, aside('put-away'));
    if (folder) fs.renameSync(folder, node.folder);
    await node.start();
  };
  const startWithItsOwn = async () => {
    await node.stop();
    fs.rmSync(node.folder, { recursive: true });
    fs.renameSync(aside('put-away'), node.folder);
    await node.start();
  };
  // Uploads one more, while the node is as it is.
  const uploadMeanwhile = async (name, seconds) => {
    const video = await publish(web, clip({ seconds, size: '426x240', name: `${name}.mp4` }), `${name}.mp4`);
    await idle(web);
    content = new Map([...content, ...await contentOf(web, [video])]);
  };
  const isNamed = (pattern) => untilStatus(web, `it is named as ${pattern}`, (status) => pattern.test(nodeIn(status, node)?.reason ?? ''));
  const isWhole = async () => {
    await well(web);
    const report = await verify(web);
    assert.equal(sumOf(report, 'caught_up_blobs'), 0);
    assert.equal(sumOf(report, 'healed_blobs'), 0);
    await expectContent(content);
  };

  test('that is an old copy is noticed, and gets what it lacks and loses what was deleted since', async () => {
    const doomed = await publish(web, clip({ seconds: 4, size: '320x240', name: 'doomed.mp4' }), 'Doomed.mp4');
    await idle(web);
    await copyFolder('last-week');
    await well(web);
    await uploadMeanwhile('Later', 6);
    assert.equal((await fetch(`${web.url}/api/v1/videos/${doomed.id}`, { method: 'DELETE' })).status, 204);
    const mark = cluster.mark();
    await startWith(aside('last-week'));
    await cluster.logged(/this folder is an old copy: it was registered more often than it knows/, mark);
    assert.equal(await cluster.logged(/complete: nothing is missing here any more/, mark), node);
    // What it brought back of the deleted video.
    assert.equal(await cluster.logged(/garbage collected/, mark), web);
    await isWhole();
    const lists = await listsOf(cluster, cluster.nodes);
    assert.deepEqual(lists.flat().filter((line) => line.startsWith(`${doomed.id}/`)), []);
    fs.rmSync(aside('put-away'), { recursive: true });
  });

  test('that stands behind since it was away catches up', async () => {
    await node.stop();
    await uploadMeanwhile('Missed', 3);
    await node.start();
    await isWhole();
  });

  test('of another cluster is named, and gives and takes nothing', async (t) => {
    const other = await startCluster({ nodes: 1, webs: 1 });
    t.after(() => other.remove());
    await publish(other.webs[0], clip({ seconds: 2, size: '320x240' }), 'Theirs.mp4');
    await other.stop();
    fs.cpSync(other.nodes[0].folder, aside('theirs'), { recursive: true });
    await startWith(aside('theirs'));
    const status = await isNamed(/of another cluster, .*, answers there: start it with its own folder/);
    assert.equal(nodeIn(status, node).state, 'down');
    assert.match(await fail(['admin', 'add', web.admin, node.address]), /belongs to another cluster/);
    await expectContent(content);
    await uploadMeanwhile('Without them', 3);
    await startWithItsOwn();
    await isWhole();
  });

  test('that is there twice is refused where it is added', async () => {
    await copyFolder('twin');
    await well(web);
    const [spare] = cluster.spares;
    await spare.stop();
    fs.rmSync(spare.folder, { recursive: true });
    fs.renameSync(aside('twin'), spare.folder);
    const begun = cluster.mark();
    await spare.start();
    await cluster.logged(/registered/, begun);
    assert.match(await fail(['admin', 'add', web.admin, spare.address]), /stop one of them, which runs on a copy of the other's folder/);
    await spare.stop();
    await expectContent(content);
    // Its own one knows of fewer starts than etcd now, as an old copy would.
    const mark = cluster.mark();
    await node.stop();
    await node.start();
    await cluster.logged(/complete: nothing is missing here any more/, mark);
    await isWhole();
  });

  test('that is empty, as on a new disk, is that of another node, which takes the place of the first when an operator says so', async () => {
    await startWith(null);
    await isNamed(/another node, .*, answers there/);
    await expectContent(content);
    assert.match(await fail(['admin', 'add', web.admin, node.address]), /remove the first with --dead, then add this one/);
    await succeed(['admin', 'remove', web.admin, node.address, '--dead']);
    await succeed(['admin', 'add', web.admin, node.address]);
    await isWhole();
    assert.equal((await verify(web)).nodes.length, 3);
  });
});
