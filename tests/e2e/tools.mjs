// Programs of tests/e2e that are built beside the server.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { binary } from './server.mjs';

const folder = path.dirname(binary);

function run(program, words) {
  return execFileSync(path.join(folder, program), words, { encoding: 'utf8' }).split('\n').filter(Boolean);
}

// Writes files that try to read `victim`, which is made, or to reach a port of this machine; returns [{name, file}].
export function writeAttackFiles(target, victim, port) {
  return run('write_attack_files', [target, victim, String(port)]).map((line) => {
    const [name, file] = line.split('\t');
    return { name, file };
  });
}

// "VIDEO/UPLOAD/FILE SIZE DIGEST" for every blob in the data folder of a stopped server.
export function listBlobs(dataFolder) {
  return run('list_blobs', [path.join(dataFolder, 'blobs')]);
}
