// Content nodes whose disk is full: the others take what they can, and what was missed comes when there is room again. The disk is
// full when a node wants more of it kept free than there is.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { problem, publish, uploadRaw, waitUntil } from './api.mjs';
import { fail, succeed } from './cli.mjs';
import { bulkyClip, clip } from './clips.mjs';
import { etcdBinary, startCluster } from './cluster.mjs';
import { idle, nodeIn, statusOf, sumOf, untilStatus, verify, well } from './cluster_state.mjs';
import { sendUntilAnswered } from './sending.mjs';
import { contentOf, expectContent } from './traffic.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';
const full = ['--store-free-bytes-min', '1000TiB'];

const small = (seconds) => clip({ seconds, size: '320x240' });
const diskUse = ({ folder }) => 1024 * Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0]);

async function remove(web, { id }) {
  const answer = await fetch(`${web.url}/api/v1/videos/${id}`, { method: 'DELETE' });
  assert.equal(answer.status, 204, await answer.text());
}

async function fill(web, node) {
  await node.restart(...full);
  return untilStatus(web, 'the disk is seen to be full', (status) => nodeIn(status, node)?.read_only && nodeIn(status, node).state === 'up');
}

// One of three has a copy of everything, one of four of three quarters of it.
const sizes = [{ count: 3, doomed: { file: bulkyClip, bytes: 50e6 } }, { count: 4, doomed: { file: () => small(6), bytes: 0 } }];

for (const { count, doomed } of sizes) {
  describe(`a full disk of ${count}`, { skip }, () => {
    let cluster;
    let web;
    let kept;
    let deleted;
    let content;
    before(async () => {
      cluster = await startCluster({ nodes: count, webs: 1 });
      web = cluster.webs[0];
      kept = await publish(web, small(3), 'Kept.mp4');
      deleted = await publish(web, doomed.file(), 'Deleted.mp4');
      await idle(web);
    });
    after(async () => {
      await cluster?.stop();
      cluster?.remove();
    });

    test('is named, and uploads and transcodes go on without it', async () => {
      const [node] = cluster.nodes;
      const { health } = await fill(web, node);
      assert.equal(health.state, 'degraded');
      assert.match(health.reasons.join('\n'), new RegExp(`the disk of the content node at ${node.address} is full: it only serves and deletes`));
      const missed = await publish(web, small(5), 'Missed.mp4');
      await idle(web);
      content = await contentOf(web, [kept, missed]);
      const line = await fail(['admin', 'verify', web.admin]);
      assert.match(line, /not all is well with 1 content node/);
    });

    test('gives back what is deleted', async (t) => {
      const [node] = cluster.nodes;
      const before = diskUse(node);
      const { stored_bytes: stored } = nodeIn(await statusOf(web), node);
      await remove(web, deleted);
      await untilStatus(web, 'it is deleted there, too', (status) => nodeIn(status, node).stored_bytes < stored);
      const freed = await waitUntil('the space has come back', () => doomed.bytes <= before - diskUse(node) && `${before - diskUse(node)}`);
      t.diagnostic(`${freed} of ${before} bytes`);
    });

    test('gets what it has missed when it has room again', async (t) => {
      const [node] = cluster.nodes;
      await node.restart();
      // Of four nodes one may have missed nothing, or have got it as an owed copy when space had come back.
      const compared = await untilStatus(web, 'the node has compared what it has', (status) => nodeIn(status, node)?.upkeep?.compared_at);
      const { upkeep } = nodeIn(compared, node);
      await well(web);
      const report = await verify(web);
      t.diagnostic(`${upkeep.caught_up_blobs} blobs at first, ${sumOf(report, 'caught_up_blobs')} when it was asked to compare`);
      await expectContent(content);
    });

    if (count === 4) {
      test('is counted as room for copies, of which there are three', async () => {
        const { nodes } = await statusOf(web);
        // The nodes share a disk here, and each of them has all of it.
        const largest = Math.max(...nodes.map(({ free_bytes: free }) => free));
        const { answer, sent } = await sendUntilAnswered(web.url, 2 * largest, 'Expect: 100-continue\r\n');
        assert.match(answer, /^HTTP\/1.1 507 /);
        assert.equal(sent, 0);
        const { free_bytes: free } = JSON.parse(answer.slice(answer.indexOf('{')));
        assert.ok(free < 1.4 * largest, `${free} bytes of blobs have no room three times on four disks with ${largest}`);
      });
      return;
    }

    test('and another one: uploads are refused, what is stored plays and can be deleted', async () => {
      const [one, other] = cluster.nodes;
      await fill(web, one);
      const { health } = await fill(web, other);
      assert.equal(health.state, 'critical', JSON.stringify(health));
      const { detail } = await problem(await uploadRaw(web, small(3)), 507);
      assert.match(detail, /Delete videos/);
      await expectContent(content);
      const shown = await statusOf(web);
      assert.ok(shown.nodes.every(({ state }) => state === 'up'));
      await one.restart();
      await untilStatus(web, 'one of them has room', (status) => status.nodes.filter(({ read_only: readOnly }) => readOnly).length === 1);
      await publish(web, small(3), 'Later.mp4');
      await other.restart();
      await well(web);
      await idle(web);
      await verify(web);
    });
  });
}
