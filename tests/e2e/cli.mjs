// Runs the commands of the binary that are not the server.
import { spawn } from 'node:child_process';
import { binary } from './server.mjs';

const commandSecondsMax = 300;

// A command under way: `child`, and `ended` with {code, signal, out, err}.
export function startCommand(words, { server, cwd, env = {} } = {}) {
  const child = spawn(binary, words, {
    cwd,
    env: { ...process.env, ...(server ? { TRITONTUBE_SERVER: server.url } : {}), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk) => (text.out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (text.err += chunk));
  const late = setTimeout(() => child.kill('SIGKILL'), commandSecondsMax * 1000);
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      resolve({ code, signal, ...text });
    });
  });
  return { child, ended };
}

export const command = (words, options) => startCommand(words, options).ended;

// Expects success; returns what it printed, without the line's end.
export async function succeed(words, options) {
  const { code, out, err } = await command(words, options);
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${err}`);
  return out.trimEnd();
}

// Expects a failure that says why in one line; returns the line.
export async function fail(words, options) {
  const { code, out, err } = await command(words, options);
  if (code === 0 || code === null) throw new Error(`${words.join(' ')} ended with ${code}: ${out}${err}`);
  const lines = err.trimEnd().split('\n');
  if (!lines.every((line) => line.startsWith('tritontube: '))) throw new Error(`not for people: ${err}`);
  return lines.at(-1);
}
