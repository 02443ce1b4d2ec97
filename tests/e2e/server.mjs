// Starts the real binary on a port of its own choice, with a data folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.TRITONTUBE_BINARY ?? path.join(repository, 'build/release/bin/tritontube');
const startSecondsMax = 30;
const stopSecondsMax = 30;
const logSecondsMax = 10;

export function temporaryFolder() {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'tritontube-e2e-'));
}

const running = new Set();

// A folder that outlives its servers. What is left of them is stopped before it goes: hooks of a test run in the order in
// which they were made, and a folder is made before its servers.
export function keptFolder(t) {
  const folder = temporaryFolder();
  t.after(async () => {
    const left = [...running].filter((server) => path.resolve(server.folder).startsWith(folder));
    for (const server of left) await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

// A running server. `url` has no slash at its end.
class Server {
  constructor(child, folder, ownsFolder) {
    this.child = child;
    this.folder = folder;
    this.ownsFolder = ownsFolder;
    this.log = '';
    running.add(this);
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => {
      running.delete(this);
      resolve({ code, signal });
    }));
  }

  // The events of that name in its log.
  logEvents(message) {
    const events = this.log.split('\n').filter((line) => line.startsWith('{')).map((line) => {
      try {
        return JSON.parse(line);
      } catch {
        return {};  // Half a line, until the rest comes.
      }
    });
    return events.filter((event) => event.message === message);
  }

  // Asks it to stop, as Ctrl-C does, and expects that it stops well.
  async stop() {
    const { code, signal } = await this.#end('SIGTERM');
    if (code !== 0) throw new Error(`the server ended with ${code ?? signal}:\n${this.log}`);
  }

  // Waits until what it has written matches.
  async logged(pattern) {
    const signal = AbortSignal.timeout(logSecondsMax * 1000);
    while (!pattern.test(this.log)) await once(this.child.stderr, 'data', { signal });
  }

  async kill() {
    await this.#end('SIGKILL');
  }

  async #end(signal) {
    const late = setTimeout(() => {
      this.log += `\n(still running ${stopSecondsMax} s after ${signal}: killed)\n`;
      this.child.kill('SIGKILL');
    }, stopSecondsMax * 1000);
    this.child.kill(signal);
    const result = await this.ended;
    clearTimeout(late);
    if (this.ownsFolder) fs.rmSync(this.folder, { recursive: true, force: true });
    return result;
  }
}

// Options: `folder` (kept afterwards; else a temporary one) and further `flags`.
export async function startServer({ folder, flags = [] } = {}) {
  const data = folder ?? temporaryFolder();
  const child = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--data', data, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server = new Server(child, data, folder === undefined);
  await new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`no address printed in ${startSecondsMax} s:\n${server.log}`));
    }, startSecondsMax * 1000);
    const listen = (chunk) => {
      server.log += chunk;
      const found = /TritonTube is at (http:\/\/127\.0\.0\.1:\d+)/.exec(server.log);
      if (found && !server.url) {
        clearTimeout(late);
        server.url = found[1];
        resolve();
      }
    };
    child.stdout.setEncoding('utf8').on('data', listen);
    child.stderr.setEncoding('utf8').on('data', listen);
    child.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      reject(new Error(`the server ended with ${code ?? signal} before it was up:\n${server.log}`));
    });
  });
  return server;
}
