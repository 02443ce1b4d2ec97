// A whole cluster of real processes: etcd members, content nodes and web servers, each of which can be killed, frozen and
// started again. Everything lies on the disk that holds the repository, never in memory: what was not synced is lost as on
// any other machine.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { binary, repository } from './server.mjs';

const startSecondsMax = 60;
const stopSecondsMax = 30;

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

  freeze() { this.child.kill('SIGSTOP'); }
  thaw() { this.child.kill('SIGCONT'); }

  async stop() {
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return null;
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
    this.webs = [];
  }

  get parts() { return [...this.webs, ...this.nodes, ...this.etcd]; }

  // Who has to be there first stops last.
  async stop() {
    for (const group of [this.webs, this.nodes, this.etcd]) await Promise.all(group.map((part) => part.stop()));
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
  return new Part(`etcd ${clients[index]}`, [
    etcdBinary, '--name', `member${index}`, '--data-dir', path.join(folder, `etcd-${index}`), '--logger', 'zap', '--log-level', 'error',
    '--listen-client-urls', `http://127.0.0.1:${clients[index]}`, '--advertise-client-urls', `http://127.0.0.1:${clients[index]}`,
    '--listen-peer-urls', `http://127.0.0.1:${peers[index]}`, '--initial-advertise-peer-urls', `http://127.0.0.1:${peers[index]}`,
    '--initial-cluster', cluster,
  ], null);
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

// A cluster of three etcd members, `nodes` content nodes and `webs` web servers. `url` is that of each web server.
// The web servers keep nothing in memory: what is read comes from the nodes.
export async function startCluster({ nodes = 3, webs = 2, workers = 1 } = {}) {
  const base = path.join(repository, 'build');
  fs.mkdirSync(base, { recursive: true });
  const cluster = new Cluster(fs.mkdtempSync(path.join(base, 'cluster-')));
  const ports = await freePorts(6 + nodes + 2 * webs);
  const clients = ports.splice(0, 3);
  const peers = ports.splice(0, 3);
  const nodePorts = ports.splice(0, nodes);
  for (let i = 0; i < 3; ++i) cluster.etcd.push(etcdPart(i, cluster.folder, clients, peers));
  for (const [i, port] of nodePorts.entries()) {
    const folder = path.join(cluster.folder, `storage-${i}`);
    const part = new Part(`storage ${port}`, [binary, 'storage', '--port', String(port), folder], /Storage node/);
    part.folder = folder;
    part.address = `localhost:${port}`;
    cluster.nodes.push(part);
  }
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
  try {
    await Promise.all([...cluster.etcd, ...cluster.nodes].map((part) => part.start()));
    await Promise.all(cluster.webs.map((part) => part.start()));
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}
