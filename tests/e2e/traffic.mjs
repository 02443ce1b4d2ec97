// People who watch and people who upload, while something happens to the cluster.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { getVideo, uploadRaw } from './api.mjs';
import { clip } from './clips.mjs';

const betweenReadsMilliseconds = 50;
const betweenUploadsMilliseconds = 500;

const short = () => clip({ seconds: 2, size: '320x240' });
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });
const digestOf = (bytes) => crypto.createHash('md5').update(bytes).digest('hex');

// Every file that the playlists of a ready video name.
export async function filesOf(web, video) {
  const base = `${web.url}/content/${video.id}/`;
  const names = [];
  for (const rendition of video.renditions) {
    const playlist = await (await fetch(`${base}${rendition.id}.m3u8`)).text();
    names.push(...playlist.split('\n').filter((line) => /^[^#]/.test(line)));
  }
  return names.map((name) => base + name);
}

async function digestAt(url) {
  const answer = await fetch(url);
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`${answer.status} ${bytes}`);
  return digestOf(bytes);
}

// What the files of these videos are: a map from their address to a digest.
export async function contentOf(web, videos) {
  const content = new Map();
  for (const video of videos) {
    for (const url of [...(await filesOf(web, video)), web.url + video.urls.original]) content.set(url, await digestAt(url));
  }
  return content;
}

export async function expectContent(content) {
  for (const [url, digest] of content) assert.equal(await digestAt(url), digest, url);
}

class Traffic {
  constructor(web, content, { readers, uploads }) {
    this.web = web;
    this.content = content;
    this.urls = [...content.keys()];
    this.failures = [];
    this.ids = [];
    this.latencies = [];
    this.stopping = false;
    this.work = [
      ...Array.from({ length: readers }, (_, index) => this.#read(index)),
      ...Array.from({ length: uploads }, (_, index) => this.#upload(index)),
    ];
  }

  async #read(index) {
    for (let i = index; !this.stopping; ++i) {
      const url = this.urls[i % this.urls.length];
      const began = performance.now();
      try {
        if ((await digestAt(url)) !== this.content.get(url)) this.failures.push(`${url}: other bytes`);
      } catch (error) {
        this.failures.push(`${url}: ${error}`);
      }
      this.latencies.push(performance.now() - began);
      await pause(betweenReadsMilliseconds);
    }
  }

  async #upload(index) {
    for (let i = 0; !this.stopping; ++i) {
      try {
        const answer = await uploadRaw(this.web, short(), `storm ${index} ${i}.mp4`);
        if (answer.status === 201) this.ids.push((await answer.json()).id);
        else this.failures.push(`upload: ${answer.status} ${await answer.text()}`);
      } catch (error) {
        this.failures.push(`upload: ${error}`);
      }
      await pause(betweenUploadsMilliseconds);
    }
  }

  // `failures` in words, and `ids` of what was uploaded.
  async stop() {
    this.stopping = true;
    await Promise.all(this.work);
    this.latencies.sort((a, b) => a - b);
    const p999 = this.latencies[Math.floor(this.latencies.length * 0.999)];
    return { failures: this.failures, ids: this.ids, p999, count: this.latencies.length };
  }
}

// So many readers of `content` and so many uploads, through one web server, until it is stopped.
export const startTraffic = (web, content, { readers = 50, uploads = 4 } = {}) => new Traffic(web, content, { readers, uploads });

// Whatever was acknowledged is there, byte for byte; then it is deleted.
export async function expectKept(web, ids) {
  for (const id of ids) {
    const video = await getVideo(web, id);
    assert.notEqual(video.state, 'failed', JSON.stringify(video.error));
    assert.equal(await digestAt(web.url + video.urls.original), digestOf(fs.readFileSync(short())), `${id} as it was sent`);
  }
  for (const id of ids) await fetch(`${web.url}/api/v1/videos/${id}`, { method: 'DELETE' });
}
