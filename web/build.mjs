// Builds the front end into dist/: an index.html and hashed, precompressed assets.
//
// The hash in a name is the hash of the content, so the server may let browsers
// keep assets for ever; only index.html changes under a fixed name.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';
import * as esbuild from 'esbuild';

const root = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(root, 'dist');
const assets = path.join(dist, 'assets');

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  target: 'es2021',
  outdir: 'dist/assets',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  metafile: true,
  // Licences of what we bundle stay with it.
  legalComments: 'eof',
  logLevel: 'warning',
};

// Returns the public path of each entry point, e.g. 'src/main.tsx' -> '/assets/main-X.js'.
async function bundle(options) {
  const { metafile } = await esbuild.build({ ...common, ...options });
  return Object.entries(metafile.outputs).flatMap(([file, output]) =>
    output.entryPoint ? [[output.entryPoint, '/' + path.relative('dist', file)]] : [],
  );
}

function copyHashed(source) {
  const content = fs.readFileSync(path.join(root, source));
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 8).toUpperCase();
  const { name, ext } = path.parse(source);
  fs.writeFileSync(path.join(assets, `${name}-${hash}${ext}`), content);
  return [source, `/assets/${name}-${hash}${ext}`];
}

function writeIndex(publicPaths) {
  const template = fs.readFileSync(path.join(root, 'src/index.html'), 'utf8');
  const html = template.replace(/\{\{(.+?)\}\}/g, (_, source) => {
    const publicPath = publicPaths.get(source);
    if (!publicPath) throw new Error(`index.html names ${source}, which was not built`);
    return publicPath;
  });
  fs.writeFileSync(path.join(dist, 'index.html'), html);
}

function compressAssets() {
  const quality = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 } };
  const rows = [];
  for (const name of fs.readdirSync(assets).sort()) {
    const file = path.join(assets, name);
    const content = fs.readFileSync(file);
    const gzip = zlib.gzipSync(content, { level: 9 });
    const brotli = zlib.brotliCompressSync(content, quality);
    fs.writeFileSync(`${file}.gz`, gzip);
    fs.writeFileSync(`${file}.br`, brotli);
    rows.push({ asset: name, bytes: content.length, gzip: gzip.length, brotli: brotli.length });
  }
  console.table(rows);
}

fs.rmSync(dist, { recursive: true, force: true });
fs.mkdirSync(assets, { recursive: true });
const app = {
  entryPoints: ['src/main.tsx', 'src/styles/style.css'],
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
};
// Runs before the first paint, therefore a classic script of its own.
const themeBoot = { entryPoints: ['src/theme_boot.ts'], format: 'iife' };
writeIndex(
  new Map([
    ...(await bundle(app)),
    ...(await bundle(themeBoot)),
    copyHashed('src/favicon.svg'),
  ]),
);
compressAssets();
