// heal.mjs RAW-STREAM RAW-COPY [ROUNDS]: a cluster of four content nodes, of which one is lost again and again. See ../README.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { created, uploadRaw } from '../../tests/e2e/api.mjs';
import { succeed } from '../../tests/e2e/cli.mjs';
import { bulkyClip } from '../../tests/e2e/clips.mjs';
import { startCluster } from '../../tests/e2e/cluster.mjs';
import { statusOf, untilStatus } from '../../tests/e2e/cluster_state.mjs';

const [rawStream, rawCopy, rounds = '3'] = process.argv.slice(2);
const copies = 3;
const videosCount = 6;
const deletedCount = 2;
const segmentBytes = 384 * 1024;
const readersCount = 4;
const betweenReadsMilliseconds = 5;
const idleMilliseconds = 5000;
const afterDeletingMilliseconds = 60_000;
const rawPort = 21070;
const uploadAttemptsMax = 5;

const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const percentile = (values, fraction) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * fraction)];
const median = (values) => percentile(values, 0.5);
const sum = (values) => values.reduce((all, value) => all + value, 0);
const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const storedIn = ({ nodes }) => sum(nodes.map((node) => node.stored_bytes ?? 0));
// Of a database that is in use: a file may go while it is looked for.
const diskUse = (folder) => sum(fs.readdirSync(folder).map((name) => 512 * (fs.statSync(path.join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0)));

// The reference: the same bytes as one stream for each destination, into a file each, synced. The seconds of the slowest one.
async function copyRaw(folder, bytes, destinations) {
  const segments = Math.ceil(bytes / destinations / segmentBytes);
  const all = Array.from({ length: destinations }, async (_, i) => {
    const child = spawn(rawCopy, [`localhost:${rawPort}`, path.join(folder, `raw-${i}`), String(segments)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => { text += chunk; });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${rawCopy} ended with ${code}`);
    return Number(text);
  });
  return Math.max(...await Promise.all(all));
}

// Reads pieces of the videos, each as large as a segment, until `what` is over; adds what each took to `times`.
async function readDuring(web, videos, what, times) {
  let over = false;
  const read = async (index) => {
    for (let i = index; !over; i += readersCount) {
      const video = videos[i % videos.length];
      const from = ((i * 7919) % Math.floor(video.size / segmentBytes)) * segmentBytes;
      const began = performance.now();
      const answer = await fetch(web.url + video.url, { headers: { range: `bytes=${from}-${from + segmentBytes - 1}` } });
      const { byteLength } = await answer.arrayBuffer();
      if (answer.status !== 206 || byteLength !== segmentBytes) throw new Error(`${answer.status} and ${byteLength} bytes`);
      times.push(performance.now() - began);
      await pause(betweenReadsMilliseconds);
    }
  };
  const readers = Array.from({ length: readersCount }, (_, index) => read(index));
  await what;
  over = true;
  await Promise.all(readers);
}

// From the moment in which a dead node is given up until everything has all its copies: seconds, and the bytes that were copied.
async function lose(cluster, web, meanwhile = (repair) => repair) {
  const lost = cluster.nodes.at(-1);
  const mark = cluster.mark();
  await lost.kill();
  await cluster.logged(/silent for too long are given up/, mark);
  const began = performance.now();
  await meanwhile(cluster.logged(/slots are where they were to go/, mark));
  const seconds = (performance.now() - began) / 1000;
  const { past_changes: [past] } = await untilStatus(web, 'the change is over', ({ plan, nodes }) => plan === null && nodes.length === 3);
  return { seconds, bytes: past.bytes };
}

// Four nodes again, and nothing on them that helps next time.
async function replace(cluster, web, bytes) {
  const lost = cluster.nodes.at(-1);
  fs.rmSync(lost.folder, { recursive: true });
  await lost.start();
  await succeed(['admin', 'add', web.admin, lost.address]);
  await untilStatus(web, 'only what is needed is stored', (status) => status.plan === null && storedIn(status) < bytes * copies * 1.01);
}

async function measureRepairs(cluster, web, videos) {
  const bytes = sum(videos.map(({ size }) => size));
  const repairs = [];
  const raws = [];
  const idle = [];
  const busy = [];
  for (let round = 1; round <= Number(rounds); ++round) {
    const repair = await lose(cluster, web);
    const raw = await copyRaw(cluster.folder, repair.bytes, 3);
    repairs.push(repair.seconds);
    raws.push(raw);
    console.log(`round ${round}: ${mebibytes(repair.bytes)} copied in ${repair.seconds.toFixed(2)} s; raw ${raw.toFixed(2)} s`);
    await replace(cluster, web, bytes);
    await readDuring(web, videos, pause(idleMilliseconds), idle);
    await lose(cluster, web, (repairing) => readDuring(web, videos, repairing, busy));
    await replace(cluster, web, bytes);
  }
  const [repair, raw] = [median(repairs), median(raws)];
  console.log(`a lost node of four, from giving it up to ${copies} copies of everything: ${repair.toFixed(2)} s; raw streams to as many files, synced, ${raw.toFixed(2)} s: ${(repair / raw).toFixed(2)}x`);
  const tails = [idle, busy].map((times) => percentile(times, 0.99));
  console.log(`reads, ${readersCount} at once: idle p50 ${median(idle).toFixed(2)} ms, p99 ${tails[0].toFixed(2)} ms of ${idle.length}; during the repair p50 ${median(busy).toFixed(2)} ms, p99 ${tails[1].toFixed(2)} ms of ${busy.length}: ${(tails[1] / tails[0]).toFixed(2)}x`);
}

async function measureSpace(cluster, web, videos) {
  // Without the reserve that every node has once.
  const ratio = (left) => sum(cluster.nodes.map(({ folder }) => diskUse(path.join(folder, 'blobs/db')))) / (copies * sum(left.map(({ size }) => size)));
  const before = ratio(videos);
  const [deleted, left] = [videos.slice(0, deletedCount), videos.slice(deletedCount)];
  for (const { id } of deleted) await fetch(`${web.url}/api/v1/videos/${id}`, { method: 'DELETE' });
  const atOnce = ratio(left);
  await pause(afterDeletingMilliseconds);
  console.log(`bytes on the disks for each live byte and copy: ${before.toFixed(3)}; when ${deletedCount} of ${videos.length} videos are deleted ${atOnce.toFixed(3)}, a minute later ${ratio(left).toFixed(3)}`);
}

// A busy machine may not take it at once.
async function upload(web, title) {
  for (let attempt = 1; ; ++attempt) {
    const answer = await uploadRaw(web, bulkyClip(), title);
    if (answer.status !== 503 || attempt === uploadAttemptsMax) return created(answer);
    await answer.arrayBuffer();
  }
}

const raw = spawn(rawStream, [String(rawPort), String(segmentBytes)], { stdio: 'ignore' });
const cluster = await startCluster({ nodes: 4, webs: 1, workers: 0, nodeFlags: ['--give-up-after', '1s', '--keep-moved', '0s'] });
try {
  const [web] = cluster.webs;
  const videos = [];
  for (let i = 0; i < videosCount; ++i) {
    const video = await upload(web, `${i}.mp4`);
    videos.push({ id: video.id, url: video.urls.original, size: fs.statSync(bulkyClip()).size });
  }
  const { copies: kept } = await statusOf(web);
  if (kept !== copies) throw new Error(`there are ${kept} copies`);
  await measureRepairs(cluster, web, videos);
  await measureSpace(cluster, web, videos);
} finally {
  raw.kill();
  await cluster.stop();
  cluster.remove();
}
