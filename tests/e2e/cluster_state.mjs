// How a cluster is, and what its nodes have.
import assert from 'node:assert/strict';
import { waitUntil } from './api.mjs';
import { command } from './cli.mjs';
import { listBlobs } from './tools.mjs';

export async function statusOf(web) {
  const answer = await fetch(`${web.url}/api/v1/cluster`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

// Until the cluster is as `condition` wants it; what it looks like then.
export const untilStatus = (web, what, condition) => waitUntil(what, async () => {
  const status = await statusOf(web).catch(() => null);
  return status && condition(status) ? status : null;
});

export const nodeIn = (status, { address }) => status.nodes.find((node) => node.address === address);

const isWell = ({ health, nodes, plan }) => health.state === 'ok' && plan === null && nodes.every(({ state }) => state === 'up');
export const well = (web) => untilStatus(web, 'the cluster is well', isWell);

// Nothing is put any more: what a web server still owes to a third node is forgotten when it is stopped.
export const idle = (web) => untilStatus(web, 'nothing is being made', ({ jobs }) => jobs?.running === 0 && jobs.waiting === 0);

// What `admin verify` finds; it has to be all there, and whole.
export async function verify(web) {
  const { code, out, err } = await command(['admin', 'verify', web.admin, '--json']);
  assert.equal(code, 0, err + out);
  const report = JSON.parse(out);
  assert.equal(report.damaged_blobs, 0, JSON.stringify(report.damaged));
  for (const node of report.nodes) assert.equal(node.problem, null, JSON.stringify(node));
  assert.ok(report.checked_blobs > 0);
  return report;
}

export const sumOf = (report, field) => report.nodes.reduce((sum, node) => sum + node[field], 0);

// What every node has, as lines of list_blobs. For that they are stopped, and started again.
export async function listsOf(cluster, parts) {
  await idle(cluster.webs[0]);
  await Promise.all(cluster.webs.map((web) => web.stop()));
  const lists = [];
  for (const part of parts) {
    assert.equal((await part.stop()).code, 0, part.log);
    lists.push(listBlobs(part.folder));
    await part.start();
  }
  await Promise.all(cluster.webs.map((web) => web.start()));
  return lists;
}

// How many equal copies there are of each blob.
export function copiesOf(lists) {
  const counts = new Map();
  for (const line of lists.flat()) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}
