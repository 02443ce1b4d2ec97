// Content nodes come and go while everything runs, and while any other process dies or freezes.
// TRITONTUBE_LONG=1 tries every fault in every phase instead of one of each.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { publish, waitUntil } from './api.mjs';
import { launchChromium } from './chromium.mjs';
import { command, fail, startCommand, succeed } from './cli.mjs';
import { bulkyClip, clip } from './clips.mjs';
import { etcdBinary, startCluster } from './cluster.mjs';
import { copiesOf, idle, listsOf, statusOf, untilStatus, verify } from './cluster_state.mjs';
import { addNode, removeNode } from './original_admin.mjs';
import { repository } from './server.mjs';
import { contentOf, expectContent, expectKept, startTraffic } from './traffic.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';
const long = process.env.TRITONTUBE_LONG === '1';
const frozenMilliseconds = 3000;
const movedMax = 1.05;

// What tells that a phase has begun; each is over soon.
const phases = {
  asked: /a change of the cluster is asked for/,
  copying: /slots begin to move/,
  finishing: /every destination has its slots/,
};

const change = async (web, verb, parts, ...flags) =>
  JSON.parse(await succeed(['admin', verb, web.admin, ...parts.map(({ address }) => address), '--json', ...flags]));
const add = (web, ...parts) => change(web, 'add', parts);
const remove = (web, ...parts) => change(web, 'remove', parts);

const membersOf = async (web) => (await succeed(['admin', 'list', web.admin])).split('\n').sort();
const addressesOf = (parts) => parts.map(({ address }) => address).sort();

// Until nobody changes the cluster any more; what it looks like then.
const settled = (web) => untilStatus(web, 'the change of the cluster is over', ({ plan, nodes }) =>
  plan === null && nodes.every(({ standing, state }) => standing === 'member' && state === 'up'));

const sizeOf = (line) => Number(line.split(' ')[1]);
const bytesIn = (lines) => lines.reduce((sum, line) => sum + sizeOf(line), 0);

// So that it has to be sent everything: a node that nobody knows, at the same address.
async function empty(part) {
  await part.kill();
  fs.rmSync(part.folder, { recursive: true });
  await part.start();
}

// Of each blob there are so many copies, and they are the same.
function expectCopies(lists, copies) {
  const few = [...copiesOf(lists)].filter(([, count]) => count < copies);
  assert.deepEqual(few, [], `blobs with fewer than ${copies} equal copies`);
}

// Any two of three copies are enough, whichever they are.
async function expectContentWithoutEach(parts, content) {
  for (const part of parts) {
    await part.stop();
    await expectContent(content);
    await part.start();
  }
}

describe('the nodes of a cluster', { skip }, () => {
  let cluster;
  let web;
  let film;
  let content;
  before(async () => {
    cluster = await startCluster({ spares: 2 });
    web = cluster.webs[0];
    film = await publish(web, clip({ seconds: 8, size: '640x360' }), 'A film.mp4');
    const bulk = await publish(web, bulkyClip(), 'Bulk.mp4');
    content = await contentOf(web, [film, bulk]);
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  test('two are added and two removed, and nobody who watches or uploads notices', async (t) => {
    const [first, second] = cluster.spares;
    const traffic = startTraffic(web, await contentOf(web, [film]));
    const added = [await add(web, first), await add(web, second)];
    assert.deepEqual(await membersOf(web), addressesOf([...cluster.nodes, first, second]));
    const whole = (await statusOf(web)).nodes;
    const removed = [await remove(web, cluster.nodes[0]), await remove(web, cluster.nodes[1])];
    const { failures, ids, p999, count } = await traffic.stop();
    t.diagnostic(`${count} reads, p99.9 ${p999.toFixed(0)} ms, ${ids.length} uploads`);
    assert.deepEqual(failures.slice(0, 10), []);
    for (const { outcome } of [...added, ...removed]) assert.equal(outcome, 'done');

    // What has left may be switched off, and what it was sent is not needed any more.
    const members = [cluster.nodes[2], first, second];
    assert.deepEqual(await membersOf(web), addressesOf(members));
    const gone = cluster.nodes.slice(0, 2);
    await Promise.all(gone.map((part) => part.stop()));
    await expectContent(content);
    await expectKept(web, ids);
    await expectContentWithoutEach(members, content);
    await settled(web);
    // What was put while one of them was away, and is owed to it still, the nodes bring each other.
    await idle(web);
    await verify(web);
    expectCopies(await listsOf(cluster, members), 3);
    await settled(web);
    for (const part of gone) await part.start();
    const stored = whole.find(({ address }) => address === first.address).stored_bytes;
    t.diagnostic(`bytes that came to the first new node: ${added[0].bytes}, that it had later: ${stored}`);
  });

  test('no more is moved than a new node has to have, nor than one that leaves had', async (t) => {
    const [joining] = cluster.nodes;
    const staying = [cluster.nodes[2], ...cluster.spares];
    await empty(joining);
    const before = await listsOf(cluster, [joining, ...staying]);
    await settled(web);
    const { bytes } = await add(web, joining);
    await settled(web);
    const lists = await listsOf(cluster, [joining, ...staying]);
    expectCopies(lists, 3);
    await settled(web);
    const news = lists.map((list, i) => bytesIn(list.filter((line) => !before[i].includes(line))));
    const needed = news.reduce((sum, one) => sum + one);
    t.diagnostic(`${bytes} bytes were moved, ${needed} were needed`);
    assert.deepEqual(news.slice(1), [0, 0, 0]);
    assert.ok(bytes <= movedMax * needed, `${bytes} instead of ${needed}`);

    const back = await remove(web, joining);
    await settled(web);
    t.diagnostic(`${back.bytes} bytes were moved back`);
    assert.ok(back.bytes <= movedMax * bytesIn(lists[0]), `${back.bytes} of ${bytesIn(lists[0])}`);
    await expectContent(content);
  });

  test('the client of the original adds and removes them', async () => {
    const [joining] = cluster.nodes;
    await addNode(web.admin, joining.address);
    assert.ok((await membersOf(web)).includes(joining.address));
    await assert.rejects(addNode(web.admin, joining.address), /in the cluster already|is%20in%20the/);
    await removeNode(web.admin, joining.address);
    assert.ok(!(await membersOf(web)).includes(joining.address));
    await expectContent(content);
  });

  test('of two that are added at once the second one waits for its turn', async () => {
    const mark = cluster.mark();
    const results = await Promise.all([add(cluster.webs[0], cluster.nodes[0]), add(cluster.webs[1], cluster.nodes[1])]);
    assert.deepEqual(results.map(({ outcome }) => outcome), ['done', 'done']);
    await cluster.logged(/a change of the cluster waits for its turn/, mark);
    assert.deepEqual(await membersOf(web), addressesOf([...cluster.nodes, ...cluster.spares]));
    await expectContent(content);
  });

  test('one can be removed right after another was killed and started again', async () => {
    await cluster.nodes[1].kill();
    await cluster.nodes[1].start();
    await remove(web, cluster.nodes[0]);
    await settled(web);
    await expectContent(content);
  });

  test('one can be removed right after an old copy of another one came back', async () => {
    const [, node] = cluster.nodes;
    const copy = `${node.folder}-copy`;
    await node.stop();
    fs.cpSync(node.folder, copy, { recursive: true });
    await node.start();
    const later = await publish(web, clip({ seconds: 2, size: '320x240' }), 'Later.mp4');
    await node.kill();
    fs.rmSync(node.folder, { recursive: true });
    fs.renameSync(copy, node.folder);
    await node.start();
    await remove(web, cluster.spares[0]);
    await settled(web);
    await expectContent(await contentOf(web, [later]));
    await expectContent(content);
  });

  test('a change is seen on the page, given up when an operator says so, and then made all the same', async (t) => {
    const [joining] = cluster.nodes;
    const browser = await launchChromium();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${web.url}/cluster`);
    await settled(web);
    await empty(joining);
    const mark = cluster.mark();
    const adding = startCommand(['admin', 'add', web.admin, joining.address]);
    await cluster.logged(phases.copying, mark);
    joining.freeze();
    await waitUntil('the web server knows it, too', async () => (await statusOf(web)).plan?.phase === 'copying');
    await page.getByText(`Adding ${joining.address}`).waitFor();
    await page.getByText(/copying/).waitFor();
    await page.screenshot({ path: path.join(repository, 'build/screenshots/cluster-plan.png') });
    const [member] = (await membersOf(web)).filter((address) => address !== joining.address);
    const late = await command(['admin', 'remove', web.admin, member, '--wait', '6s']);
    assert.notEqual(late.code, 0);
    assert.match(late.err, /^tritontube: waiting: .*another change of the cluster is running\n/);
    assert.match(late.err, /another change of the cluster is running: ask again later, or wait for longer\n$/);
    await succeed(['admin', 'abort', web.admin]);
    await page.getByText('The last change was given up: an operator has aborted it.').waitFor();
    joining.thaw();
    const { code, err } = await adding.ended;
    assert.notEqual(code, 0);
    assert.match(err, /given up: an operator has aborted it/);
    assert.ok(!(await membersOf(web)).includes(joining.address));
    await expectContent(content);
    await add(web, joining);
    await settled(web);
    await expectContent(content);
  });

  test('one that is dead is replaced, and does no harm when it returns', async () => {
    const dead = cluster.nodes[1];
    await dead.kill();
    const line = await fail(['admin', 'remove', web.admin, dead.address]);
    assert.match(line, /--dead/);
    await change(web, 'remove', [dead], '--dead');
    await add(web, cluster.spares[0]);
    await settled(web);
    await expectContent(content);
    const later = await publish(web, clip({ seconds: 2, size: '320x240' }), 'Without it.mp4');
    await dead.start();
    await expectContent(content);
    await add(web, dead);
    await settled(web);
    await expectContent(content);
    await expectContentWithoutEach([dead, cluster.spares[0]], await contentOf(web, [later]));
    await settled(web);
  });
});

describe('a cluster that begins with one node', { skip }, () => {
  let cluster;
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  test('grows to five and shrinks to three, and keeps everything', async (t) => {
    cluster = await startCluster({ nodes: 1, spares: 4, webs: 1, nodeFlags: ['--keep-moved', '0s'] });
    const [web] = cluster.webs;
    const line = await fail(['admin', 'remove', web.admin, cluster.nodes[0].address]);
    assert.match(line, /the last content node cannot be removed/);
    const film = await publish(web, clip({ seconds: 8, size: '640x360' }), 'A film.mp4');
    const content = await contentOf(web, [film]);
    const nodes = [...cluster.nodes, ...cluster.spares];
    const sizes = [
      { copies: 2, step: () => add(web, nodes[1]) },
      { copies: 3, step: () => add(web, nodes[2]) },
      { copies: 3, step: () => add(web, nodes[3], nodes[4]) },
      { copies: 3, step: () => remove(web, nodes[0], nodes[1]) },
    ];
    for (const { copies, step } of sizes) {
      const { files, bytes } = await step();
      const status = await settled(web);
      t.diagnostic(`${status.nodes.length} nodes, ${status.copies} copies: ${files} files, ${bytes} bytes moved`);
      assert.equal(status.copies, copies);
      await expectContent(content);
      expectCopies(await listsOf(cluster, nodes.filter(({ address }) => status.nodes.some((node) => node.address === address))), copies);
      await settled(web);
    }
    await Promise.all(nodes.slice(0, 2).map((part) => part.kill()));
    await expectContent(content);
  });
});

describe('while nodes come and go', { skip }, () => {
  let cluster;
  let web;
  let film;
  let content;
  before(async () => {
    // Nothing is left over from before: each change has to copy.
    cluster = await startCluster({ spares: 1, nodeFlags: ['--keep-moved', '0s'] });
    web = cluster.webs[0];
    film = await publish(web, clip({ seconds: 8, size: '640x360' }), 'A film.mp4');
    content = await contentOf(web, [film, await publish(web, bulkyClip(), 'Bulk.mp4')]);
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  const victims = {
    'a source': (verb) => (verb === 'add' ? cluster.nodes[1] : cluster.spares[0]),
    'a destination': (verb) => (verb === 'add' ? cluster.spares[0] : cluster.nodes[1]),
    'the leader of the change': () => cluster.leader(),
    'the web server that was asked': () => cluster.webs[1],
    'the leader of etcd': () => cluster.etcdLeader(),
  };
  const faults = {
    killed: { begin: (part) => part.kill(), end: (part) => part.start() },
    frozen: { begin: (part) => part.freeze(), end: (part) => part.thaw() },
  };
  // One of each process, each fault and each phase.
  const representatives = new Set([
    'asked: the web server that was asked is killed', 'asked: the leader of etcd is frozen',
    'copying: a destination is killed', 'copying: a source is frozen', 'copying: the leader of the change is killed',
    'copying: the leader of etcd is killed', 'finishing: the leader of the change is frozen', 'finishing: a destination is killed',
  ]);

  // A command that follows through a web server that is gone may not know how it ends: the cluster does.
  async function changeUnder(phase, victim, fault, verb) {
    const last = (await settled(web)).past_changes[0]?.change ?? 0;
    const mark = cluster.mark();
    const asked = command(['admin', verb, cluster.webs[1].admin, cluster.spares[0].address]);
    await cluster.logged(phases[phase], mark);
    const part = await victims[victim](verb);
    await faults[fault].begin(part);
    await new Promise((resolve) => { setTimeout(resolve, frozenMilliseconds); });
    await faults[fault].end(part);
    await asked;
    const [past] = (await settled(web)).past_changes;
    assert.ok(past.change > last, 'the change was made or given up');
    return { part, past };
  }

  for (const phase of Object.keys(phases)) {
    for (const victim of Object.keys(victims)) {
      for (const fault of Object.keys(faults)) {
        const name = `${phase}: ${victim} is ${fault}`;
        if (!long && !representatives.has(name)) continue;
        test(name, async (t) => {
          const isIn = (await membersOf(web)).includes(cluster.spares[0].address);
          const verb = isIn ? 'remove' : 'add';
          if (!isIn) await empty(cluster.spares[0]);
          const traffic = startTraffic(web, await contentOf(web, [film]), { readers: 10, uploads: 1 });
          const { part, past } = await changeUnder(phase, victim, fault, verb);
          const { failures, ids } = await traffic.stop();
          t.diagnostic(`${verb} was ${past.outcome}, ${part.name} was ${fault}`);
          // Who leads may be the web server that is asked for everything here.
          if (part !== web) assert.deepEqual(failures.slice(0, 10), []);
          await expectKept(web, ids);
          await expectContent(content);
          assert.equal((await membersOf(web)).includes(cluster.spares[0].address), isIn === (past.outcome === 'aborted'));
        });
      }
    }
  }
});
