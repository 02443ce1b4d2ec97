// What nobody needs goes from every node of a cluster: also from one that was away when it became garbage, and what a change that
// was given up has brought.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { publish, waitUntil } from './api.mjs';
import { startCommand, succeed } from './cli.mjs';
import { bulkyClip, clip } from './clips.mjs';
import { etcdBinary, startCluster } from './cluster.mjs';
import { copiesOf, idle, listsOf, nodeIn, untilStatus, verify, well } from './cluster_state.mjs';
import { createUpload } from './resumable.mjs';
import { contentOf, expectContent } from './traffic.mjs';

const skip = etcdBinary ? false : 'etcd is not installed (Debian: etcd-server)';
const sentBytes = 24 * 2 ** 20;

const storedIn = ({ nodes }) => nodes.reduce((sum, node) => sum + node.stored_bytes, 0);

// Sends the first part of a file in one request, which stays open: `{breakOff}`.
async function beginUpload({ url }, file) {
  const { hostname, port } = new URL(url);
  const bytes = fs.readFileSync(file);
  const socket = net.connect(port, hostname);
  socket.on('error', () => {});
  const head = `POST /api/v1/videos?title=broken HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  await new Promise((resolve) => { socket.write(Buffer.concat([Buffer.from(head), bytes.subarray(0, sentBytes)]), resolve); });
  return { breakOff: () => socket.destroy() };
}

// Of every blob that `videos` need there are three equal copies, and there is nothing else.
function expectOnly(lists, videos) {
  const copies = [...copiesOf(lists)];
  assert.ok(copies.length > 0);
  assert.deepEqual(copies.filter(([line]) => !videos.some(({ id }) => line.startsWith(`${id}/`))), [], 'what nobody needs');
  assert.deepEqual(copies.filter(([, count]) => count !== 3), [], 'blobs of which there are not three copies');
}

describe('what nobody needs any more', { skip }, () => {
  let cluster;
  let web;
  let film;
  let content;
  before(async () => {
    cluster = await startCluster({ nodes: 4, webs: 1, nodeFlags: ['--keep-moved', '0s'] });
    web = cluster.webs[0];
    film = await publish(web, clip({ seconds: 8, size: '640x360' }), 'A film.mp4');
    await idle(web);
    content = await contentOf(web, [film]);
  });
  after(async () => {
    await cluster?.stop();
    cluster?.remove();
  });

  test('goes from every node, also from one that was away when it was deleted', async () => {
    const doomed = await publish(web, clip({ seconds: 5, size: '426x240' }), 'Doomed.mp4');
    await idle(web);
    const resumable = await createUpload(web, bulkyClip());
    await resumable.send(0, sentBytes);
    const open = await beginUpload(web, bulkyClip());
    const [away] = cluster.nodes;
    await untilStatus(web, 'all that was sent is stored', (status) => nodeIn(status, away).stored_bytes > sentBytes);
    await away.kill();
    open.breakOff();
    for (const address of [resumable.location, `${web.url}/api/v1/videos/${doomed.id}`]) {
      const answer = await fetch(address, { method: 'DELETE', headers: address === resumable.location ? { 'tus-resumable': '1.0.0' } : {} });
      assert.equal(answer.status, 204, await answer.text());
    }
    await away.start();
    const before = web.log.length;
    await well(web);
    await waitUntil('it has been collected', () => web.log.slice(before).includes('garbage collected'));
    expectOnly(await listsOf(cluster, cluster.nodes), [film]);
    await expectContent(content);
  });

  // A node that stands still keeps the plan from its end, while another one gets what it is to have.
  test('goes from the nodes to which a change that was given up has brought it', async () => {
    const [leaving, still] = cluster.nodes;
    const before = storedIn(await well(web));
    const mark = cluster.mark();
    const removing = startCommand(['admin', 'remove', web.admin, leaving.address]);
    await cluster.logged(/slots begin to move/, mark);
    still.freeze();
    const brought = /everything is here/;
    const part = await cluster.logged(brought, mark);
    assert.notEqual(part, still);
    await succeed(['admin', 'abort', web.admin]);
    still.thaw();
    assert.notEqual((await removing.ended).code, 0);
    await well(web);
    await cluster.logged(/what has moved to other nodes is gone from here/, mark);
    await untilStatus(web, 'nothing of it is left', (status) => storedIn(status) <= before);
    expectOnly(await listsOf(cluster, cluster.nodes), [film]);
    await well(web);
    await verify(web);
    await expectContent(content);
  });
});
