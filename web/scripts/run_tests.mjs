// Bundles every src/**/*_test.ts and runs the results under `node --test`.
// Bundling first lets the tests import TypeScript on Node 18, which cannot.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const webFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

function findTests(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return findTests(full);
    return entry.name.endsWith('_test.ts') ? [full] : [];
  });
}

const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'tritontube-web-test-'));
try {
  const source = path.join(webFolder, 'src');
  await esbuild.build({
    entryPoints: findTests(source),
    outbase: source,
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node18',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const bundles = findTests(source).map((file) =>
    path.join(outdir, path.relative(source, file).replace(/\.ts$/, '.mjs')),
  );
  const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...bundles], {
    stdio: 'inherit',
  });
  process.exitCode = run.status ?? 1;
} finally {
  fs.rmSync(outdir, { recursive: true, force: true });
}
