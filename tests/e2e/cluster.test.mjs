// A cluster of real processes: everything that works on one machine, while any one of them dies or freezes.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { created, getVideo, publish, uploadRaw, waitForState } from './api.mjs';
import { launchChromium } from './chromium.mjs';
import { command, fail } from './cli.mjs';
import { clip } from './clips.mjs';
import { etcdBinary, startCluster, startEtcd, turnBits } from './cluster.mjs';
import { decode } from './presentation.mjs';
import { listBlobs } from './tools.mjs';
import { contentOf, expectKept, filesOf, startTraffic } from './traffic.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';
const outageMilliseconds = 4000;

async function statusOf(web) {
  const answer = await fetch(`${web.url}/api/v1/cluster`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

describe('a cluster', { skip }, () => {
  let cluster;
  let film;
  before(async () => {
    cluster = await startCluster();
    film = await publish(cluster.webs[0], clip({ seconds: 8, size: '640x360' }), 'A film.mp4');
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  test('what one web server has taken the other one shows and serves', async () => {
    const started = Date.now();
    let shown;
    do shown = await fetch(`${cluster.webs[1].url}/api/v1/videos/${film.id}`);
    while (shown.status !== 200 && Date.now() - started < 5000);
    assert.equal(shown.status, 200);
    const streams = await decode(cluster.webs[1].url + film.urls.dash);
    assert.ok(streams.filter(({ codec_type }) => codec_type === 'video').every(({ nb_read_frames }) => nb_read_frames === 200));
  });

  test('every node is up, and the page, the API and the command say the same', async (t) => {
    const status = await statusOf(cluster.webs[0]);
    assert.deepEqual(status.nodes.map(({ state }) => state), ['up', 'up', 'up']);
    assert.equal(status.copies, 3);
    assert.equal(status.acks, 2);
    const list = await command(['admin', 'list', cluster.webs[1].admin]);
    assert.equal(list.code, 0, list.err);
    assert.deepEqual(list.out.trim().split('\n').sort(), cluster.nodes.map(({ address }) => address).sort());
    const told = await command(['admin', 'status', cluster.webs[1].admin, '--json']);
    assert.deepEqual(JSON.parse(told.out).nodes.map(({ address }) => address).sort(), cluster.nodes.map(({ address }) => address).sort());
    const browser = await launchChromium();
    t.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${cluster.webs[0].url}/cluster`);
    await page.getByText('All 3 nodes are up').waitFor();
    for (const { address } of cluster.nodes) await page.getByText(address).first().waitFor();
  });

  test('what is deleted on one web server is gone on the other within five seconds', async () => {
    const video = await publish(cluster.webs[0], clip({ seconds: 2, size: '320x240' }), 'Short.mp4');
    assert.equal((await fetch(`${cluster.webs[1].url}${video.urls.dash}`)).status, 200);
    assert.equal((await fetch(`${cluster.webs[0].url}/api/v1/videos/${video.id}`, { method: 'DELETE' })).status, 204);
    const deadline = Date.now() + 5000;
    let answer;
    do answer = await fetch(`${cluster.webs[1].url}${video.urls.dash}`);
    while (answer.status === 200 && Date.now() < deadline);
    assert.equal(answer.status, 404);
  });

  // Uploads through one web server and reads through it, while `break_` happens to something else; what fails is told.
  async function storm(break_, mend) {
    const web = cluster.webs[0];
    const traffic = startTraffic(web, await contentOf(web, [film]));
    await break_();
    await new Promise((resolve) => { setTimeout(resolve, outageMilliseconds); });
    const seen = await traffic.stop();
    await mend();
    return seen;
  }

  const victims = [
    ['a content node', () => cluster.nodes[1]],
    // One of them leads.
    ['the first etcd member', () => cluster.etcd[0]],
    ['the second etcd member', () => cluster.etcd[1]],
    ['the third etcd member', () => cluster.etcd[2]],
    ['the other web server', () => cluster.webs[1]],
  ];
  for (const [what, part] of victims) {
    test(`nothing fails while ${what} is killed`, async (t) => {
      const { failures, ids, p999, count } = await storm(() => part().kill(), () => part().start());
      t.diagnostic(`${count} reads, p99.9 ${p999.toFixed(0)} ms, ${ids.length} uploads`);
      assert.deepEqual(failures, []);
      await expectKept(cluster.webs[0], ids);
    });
    test(`nothing fails while ${what} is frozen`, async (t) => {
      const { failures, ids, p999, count } = await storm(() => part().freeze(), () => part().thaw());
      t.diagnostic(`${count} reads, p99.9 ${p999.toFixed(0)} ms, ${ids.length} uploads`);
      assert.deepEqual(failures, []);
      await expectKept(cluster.webs[0], ids);
    });
  }

  test('playback goes on while etcd is wholly down, and uploads are there again afterwards', async () => {
    const web = cluster.webs[0];
    const files = await filesOf(web, film);
    assert.equal((await fetch(web.url + film.urls.dash)).status, 200);
    await Promise.all(cluster.etcd.map((member) => member.kill()));
    for (const file of files) assert.equal((await fetch(file)).status, 200, file);
    assert.equal((await fetch(web.url + film.urls.dash)).status, 200);
    const refused = await uploadRaw(web, clip({ seconds: 2, size: '320x240' }), 'too early.mp4');
    assert.ok(refused.status === 503 || refused.status === 504 || refused.status === 500, `${refused.status}`);
    await Promise.all(cluster.etcd.map((member) => member.start()));
    let answer;
    const deadline = Date.now() + 30_000;
    do answer = await uploadRaw(web, clip({ seconds: 2, size: '320x240' }), 'again.mp4');
    while (answer.status !== 201 && Date.now() < deadline);
    const { id } = await created(answer);
    await waitForState(web, id, 'ready');
  });

  test('a web server of another etcd refuses a node that has a cluster, and names it', async (t) => {
    const empty = await startEtcd(cluster.folder);
    t.after(() => empty.stop());
    const node = cluster.nodes[0].address;
    const line = await fail(['web', '--port', '0', '--data', path.join(cluster.folder, 'lost'), 'etcd', empty.address, 'nw', `localhost:0,${node}`]);
    assert.ok(line.includes(`${node} belongs to cluster`), line);
  });

  test('a bit that turns on one node is never served', async (t) => {
    const web = cluster.webs[0];
    const files = await filesOf(web, film);
    const expected = await Promise.all(files.map(async (file) => Buffer.from(await (await fetch(file)).arrayBuffer())));
    // What was in the log of a node is in its blob files after it has started again.
    const node = cluster.nodes[1];
    assert.equal((await node.stop()).code, 0);
    await node.start();
    assert.equal((await node.stop()).code, 0);
    const turned = turnBits(node);
    t.diagnostic(`${turned} bits turned`);
    assert.ok(turned > 0);
    await node.start();
    for (let round = 0; round < 3; ++round) {
      for (const [i, file] of files.entries()) {
        const answer = await fetch(file);
        assert.equal(answer.status, 200, `${file}: ${await answer.clone().text()}`);
        assert.ok(Buffer.from(await answer.arrayBuffer()).equals(expected[i]), file);
      }
    }
  });

  test('every blob is on each of the three nodes', async () => {
    await Promise.all(cluster.parts.map((part) => part.stop()));
    const blobs = cluster.nodes.map(({ folder }) => listBlobs(folder).sort());
    assert.ok(blobs[0].length > 0);
    assert.deepEqual(blobs[1], blobs[0]);
    assert.deepEqual(blobs[2], blobs[0]);
    await Promise.all([...cluster.etcd, ...cluster.nodes].map((part) => part.start()));
    await Promise.all(cluster.webs.map((part) => part.start()));
  });

  test('everything is there after all of it was killed and started again', async () => {
    const files = await filesOf(cluster.webs[0], film);
    const shown = await getVideo(cluster.webs[0], film.id);
    const before = await Promise.all(files.map(async (file) => Buffer.from(await (await fetch(file)).arrayBuffer())));
    await Promise.all(cluster.parts.map((part) => part.kill()));
    await Promise.all([...cluster.etcd, ...cluster.nodes].map((part) => part.start()));
    await Promise.all(cluster.webs.map((part) => part.start()));
    for (const [i, file] of files.entries()) {
      const answer = await fetch(file);
      assert.equal(answer.status, 200, `${file}: ${await answer.clone().text()}`);
      assert.ok(Buffer.from(await answer.arrayBuffer()).equals(before[i]), file);
    }
    assert.deepEqual(await getVideo(cluster.webs[1], film.id), shown);
  });
});
