// A page of ours with the engines that others build players from, for content of a server under test: another origin, as on
// anybody's site.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const files = {
  '/shaka.js': 'node_modules/shaka-player/dist/shaka-player.compiled-es2021.js',
  '/hls.js': 'node_modules/hls.js/dist/hls.min.js',
  '/dash.js': 'node_modules/dashjs/dist/modern/umd/dash.all.min.js',
  '/page.js': 'players_page.js',
};
const html = `<!doctype html><title>players</title><video width="640"></video>
${Object.keys(files).map((file) => `<script src="${file}"></script>`).join('\n')}`;

// Answers {url, close}.
export async function startPlayersPage() {
  const server = http.createServer((request, response) => {
    const file = files[request.url];
    response.writeHead(200, { 'content-type': file ? 'text/javascript' : 'text/html' });
    response.end(file ? fs.readFileSync(path.join(here, file)) : html);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((resolve) => server.close(resolve)) };
}
