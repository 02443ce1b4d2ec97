// A whole cluster of real processes: etcd members, content nodes and web servers, each of which can be killed, frozen and
// started again. Everything lies on the disk that holds the repository, never in memory: what was not synced is lost as on
// any other machine.
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { binary, repository } from './server.mjs';

const startSecondsMax = 60;
const stopSecondsMax = 30;
const logSecondsMax = 60;

export const etcdBinary = ['/usr/bin/etcd', '/usr/local/bin/etcd'].find((file) => fs.existsSync(file));

// Ports that nobody has at the moment.
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => { server.close(resolve); })));
  return ports;
}

// One process of the cluster, which may die and come back.
class Part {
  constructor(name, command, ready) {
    this.name = name;
    this.command = command;
    this.ready = ready;
    this.log = '';
    this.news = new EventEmitter().setMaxListeners(0);
  }

  // Resolves when its log says that it serves; `later` starts it without waiting.
  async start({ wait = true } = {}) {
    const before = this.log.length;
    this.child = spawn(this.command[0], this.command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => { this.child.once('close', (code, signal) => resolve({ code, signal })); });
    const started = new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${this.name} did not start in ${startSecondsMax} s:\n${this.log}`)), startSecondsMax * 1000);
      const listen = (chunk) => {
        this.log += chunk;
        this.news.emit('log');
        if (!this.ready || !this.ready.test(this.log.slice(before))) return;
        clearTimeout(late);
        resolve();
      };
      this.child.stdout.setEncoding('utf8').on('data', listen);
      this.child.stderr.setEncoding('utf8').on('data', listen);
      this.child.once('exit', (code, signal) => {
        clearTimeout(late);
        reject(new Error(`${this.name} ended with ${code ?? signal}:\n${this.log}`));
      });
      if (!this.ready) {
        clearTimeout(late);
        resolve();
      }
    });
    started.catch(() => {});
    if (wait) await started;
  }

  async kill() {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  get runs() { return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null; }

  freeze() { this.child.kill('SIGSTOP'); }
  thaw() { this.child.kill('SIGCONT'); }

  async stop() {
    if (!this.runs) return null;
    this.child.kill('SIGCONT');
    this.child.kill('SIGTERM');
    const late = setTimeout(() => this.child.kill('SIGKILL'), stopSecondsMax * 1000);
    const result = await this.ended;
    clearTimeout(late);
    return result;
  }
}

export class Cluster {
  constructor(folder) {
    this.folder = folder;
    this.etcd = [];
    this.nodes = [];
    this.spares = [];
    this.webs = [];
    this.workers = [];
  }

  get parts() { return [...this.webs, ...this.workers, ...this.nodes, ...this.spares, ...this.etcd]; }

  nodeAt(address) { return [...this.nodes, ...this.spares].find((part) => part.address === address); }

  // How far everybody's log has come.
  mark() { return new Map(this.parts.map((part) => [part, part.log.length])); }

  // Who has said it since `mark`; the first one waits for it.
  async logged(pattern, mark) {
    const hasSaid = (part) => pattern.test(part.log.slice(mark.get(part)));
    return new Promise((resolve, reject) => {
      const look = () => {
        const part = this.parts.find(hasSaid);
        if (part) finish(() => resolve(part));
      };
      const late = setTimeout(() => finish(() => reject(new Error(`${logSecondsMax} s have passed, and nobody has logged ${pattern}`))), logSecondsMax * 1000);
      const finish = (settle) => {
        clearTimeout(late);
        for (const part of this.parts) part.news.off('log', look);
        settle();
      };
      for (const part of this.parts) part.news.on('log', look);
      look();
    });
  }

  // The member that leads etcd, as the others see it.
  async etcdLeader() {
    const statuses = await Promise.all(this.etcd.map(async (part) => {
      const answer = await fetch(`${part.url}/v3/maintenance/status`, { method: 'POST', body: '{}' });
      const { header, leader } = await answer.json();
      return { part, leads: header.member_id === leader };
    }));
    return statuses.find(({ leads }) => leads).part;
  }

  // Who was elected last to lead the change of the cluster: fencing tokens grow.
  leader() {
    const token = ({ log }) => Math.max(0, ...[...log.matchAll(/leads the change of the cluster.*?token\D*(\d+)/g)].map(([, number]) => Number(number)));
    return this.parts.reduce((one, other) => (token(other) > token(one) ? other : one));
  }

  // Who has to be there first stops last.
  async stop() {
    for (const group of [this.webs, this.workers, [...this.nodes, ...this.spares], this.etcd]) await Promise.all(group.map((part) => part.stop()));
  }

  remove() { fs.rmSync(this.folder, { recursive: true, force: true }); }
}

// An etcd of one member that nobody has used.
export async function startEtcd(folder) {
  const [client, peer] = await freePorts(2);
  const part = etcdPart(0, fs.mkdtempSync(path.join(folder, 'etcd-alone-')), [client], [peer]);
  part.address = `localhost:${client}`;
  await part.start();
  return part;
}

function etcdPart(index, folder, clients, peers) {
  const cluster = peers.map((port, i) => `member${i}=http://127.0.0.1:${port}`).join(',');
  const part = new Part(`etcd ${clients[index]}`, [
    etcdBinary, '--name', `member${index}`, '--data-dir', path.join(folder, `etcd-${index}`), '--logger', 'zap', '--log-level', 'error',
    '--listen-client-urls', `http://127.0.0.1:${clients[index]}`, '--advertise-client-urls', `http://127.0.0.1:${clients[index]}`,
    '--listen-peer-urls', `http://127.0.0.1:${peers[index]}`, '--initial-advertise-peer-urls', `http://127.0.0.1:${peers[index]}`,
    '--initial-cluster', cluster,
  ], null);
  part.url = `http://127.0.0.1:${clients[index]}`;
  return part;
}

// Turns a bit in every 64 KiB of what a stopped content node keeps in blob files; says how many.
export function turnBits(node) {
  const folder = path.join(node.folder, 'blobs/db');
  const step = 64 * 1024;
  let turned = 0;
  for (const name of fs.readdirSync(folder).filter((file) => file.endsWith('.blob'))) {
    const file = path.join(folder, name);
    const bytes = fs.readFileSync(file);
    for (let at = step / 2; at < bytes.length; at += step) {
      bytes[at] ^= 1;
      ++turned;
    }
    fs.writeFileSync(file, bytes);
  }
  return turned;
}

// A content node with these further flags; `restart` gives it still others.
class ContentNode extends Part {
  constructor(folder, port, flags) {
    const commandWith = (more) => [binary, 'storage', '--port', String(port), ...flags, ...more, folder];
    super(`storage ${port}`, commandWith([]), /Storage node/);
    this.commandWith = commandWith;
    this.folder = folder;
    this.address = `localhost:${port}`;
  }

  async restart(...flags) {
    await this.stop();
    this.command = this.commandWith(flags);
    await this.start();
  }
}

// A cluster of three etcd members, `nodes` content nodes and `webs` web servers. `url` is that of each web server.
// The web servers keep nothing in memory: what is read comes from the nodes. So many `spares` run and are not in it yet.
// Content nodes get `nodeFlags` beside their own. Each web server transcodes so much at once (`workers`), and so do the processes beside them that do nothing else.
export async function startCluster({ nodes = 3, spares = 0, webs = 2, workers = 1, workersApart = 0, nodeFlags = [] } = {}) {
  const base = path.join(repository, 'build');
  fs.mkdirSync(base, { recursive: true });
  const cluster = new Cluster(fs.mkdtempSync(path.join(base, 'cluster-')));
  const ports = await freePorts(6 + nodes + spares + 2 * webs);
  const clients = ports.splice(0, 3);
  const peers = ports.splice(0, 3);
  for (let i = 0; i < 3; ++i) cluster.etcd.push(etcdPart(i, cluster.folder, clients, peers));
  const stores = ports.splice(0, nodes + spares).map((port, i) => new ContentNode(path.join(cluster.folder, `storage-${i}`), port, nodeFlags));
  cluster.nodes = stores.slice(0, nodes);
  cluster.spares = stores.slice(nodes);
  const etcdList = clients.map((port) => `localhost:${port}`).join(',');
  for (let i = 0; i < webs; ++i) {
    const [port, admin] = ports.splice(0, 2);
    const part = new Part(`web ${port}`, [
      binary, 'web', '-port', String(port), '--workers', String(workers), '--cache-bytes', '0', '--data', path.join(cluster.folder, `web-${i}`),
      'etcd', etcdList, 'nw', [`localhost:${admin}`, ...cluster.nodes.map(({ address }) => address)].join(','),
    ], /TritonTube is at/);
    part.url = `http://localhost:${port}`;
    part.admin = `localhost:${admin}`;
    cluster.webs.push(part);
  }
  for (let i = 0; i < workersApart; ++i) {
    const data = path.join(cluster.folder, `worker-${i}`);
    const part = new Part(`worker ${i}`, [binary, 'worker', '--workers', '1', '--data', data, '--etcd', etcdList], /transcodes up to 1 at once/);
    cluster.workers.push(part);
  }
  try {
    await Promise.all([...cluster.etcd, ...stores].map((part) => part.start()));
    await Promise.all([...cluster.webs, ...cluster.workers].map((part) => part.start()));
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}
