// watch.mjs ADDRESS PID [STREAMS]: the CPU time that the server PID takes while nothing happens and while a video is edited
// ten times a second, with nobody listening to /api/v1/events and with STREAMS (200) who do; and how long an edit takes.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const [address, pid, count = '200'] = process.argv.slice(2);
const edits = 100;
let told = 0;

// Of user and kernel; the clock of the kernel ticks a hundred times a second.
function cpuMilliseconds() {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function listen() {
  return new Promise((resolve, reject) => {
    const request = http.get(`${address}/api/v1/events`, (answer) => {
      answer.on('data', (bytes) => (told += bytes.toString().match(/^event:/gm)?.length ?? 0));
      answer.once('data', resolve);
    });
    request.on('error', reject);
  });
}

async function edit(video, title) {
  const begin = performance.now();
  const answer = await fetch(`${address}/api/v1/videos/${video.id}`, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/merge-patch+json' },
    body: JSON.stringify({ title }),
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${answer.status}`);
  return performance.now() - begin;
}

async function measure(name, change) {
  const times = [];
  const cpu = cpuMilliseconds();
  told = 0;
  for (let i = 0; i < edits; ++i) {
    const next = sleep(100);
    times.push(await change(`${name} ${i}`));
    await next;
  }
  await sleep(500);
  times.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => times[Math.floor(edits * share)].toFixed(1).padStart(6));
  console.log(`${name.padEnd(20)} ${String(cpuMilliseconds() - cpu).padStart(6)} ms CPU in 10 s   ${String(told).padStart(6)} told   p50 ${p50} ms   p99 ${p99} ms`);
}

const { items } = await (await fetch(`${address}/api/v1/videos`)).json();
const idle = async () => 0;
const editing = (title) => edit(items[0], title);
await measure('0 streams, idle', idle);
await measure('0 streams, edits', editing);
await Promise.all(Array.from({ length: Number(count) }, listen));
await measure(`${count} streams, idle`, idle);
await measure(`${count} streams, edits`, editing);
process.exit(0);
