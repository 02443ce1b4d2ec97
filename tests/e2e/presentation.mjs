// Reads what was published the way players do: with mpd-parser, m3u8-parser, ffmpeg, and a look into the boxes.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Parser as M3u8Parser } from 'm3u8-parser';
import { parse as parseMpd } from 'mpd-parser';
import { fragmentTiming, trackTimescale } from './boxes.mjs';

const run = promisify(execFile);
const bareName = /^[A-Za-z0-9._-]+$/;

export async function text(url) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, url);
  return answer.text();
}

export async function bytes(url) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, url);
  return Buffer.from(await answer.arrayBuffer());
}

async function probe(url, words) {
  const { stdout, stderr } = await run('ffprobe', ['-v', 'error', ...words, '-of', 'json', url], { maxBuffer: 1 << 26 });
  assert.equal(stderr, '', `ffmpeg complains about ${url}`);
  const { streams, programs = [] } = JSON.parse(stdout);
  return streams.length ? streams : programs.flatMap((program) => program.streams);
}

// Every stream that ffmpeg finds behind a manifest, decoded whole: {codec_type, width, height, nb_read_frames}. One after
// another, because ffprobe drops what its decoders still hold of the others where the shortest stream of a DASH manifest ends.
export async function decode(url) {
  const decoded = [];
  for (const { index } of await probe(url, ['-show_entries', 'stream=index'])) {
    const [stream] = await probe(url, [
      '-count_frames', '-select_streams', String(index), '-show_entries', 'stream=codec_type,width,height,nb_read_frames',
    ]);
    decoded.push({ ...stream, nb_read_frames: Number(stream.nb_read_frames) });
  }
  return decoded;
}

// Every packet of a stream: when it is shown and decoded, its size and its digest, without what ffmpeg makes of the edit list. In
// times since the first, because it counts pictures whose offsets fall below zero from another moment.
export async function packets(file, stream) {
  const { stdout } = await run('ffprobe', [
    '-v', 'error', '-select_streams', stream, '-show_packets', '-show_data_hash', 'md5', '-show_entries',
    'packet=pts,dts,size,data_hash', '-of', 'json', file,
  ], { maxBuffer: 1 << 28 });
  const all = JSON.parse(stdout).packets;
  return all.map(({ pts, dts, size, data_hash }) => `${pts - all[0].pts} ${dts - all[0].dts} ${size} ${data_hash}`);
}

// How many pictures the smallest rendition has when it is decoded: what a whole check costs least.
export async function decodeLowest(server, video) {
  const { id } = video.renditions.filter(({ kind }) => kind === 'video').at(-1);
  const [{ nb_read_frames }] = await probe(`${server.url}/content/${video.id}/${id}.m3u8`, [
    '-count_frames', '-select_streams', 'v', '-show_entries', 'stream=nb_read_frames',
  ]);
  return Number(nb_read_frames);
}

// When the sound sets in after silence, in seconds.
export async function beepTimes(server, video) {
  const { id } = video.renditions.find(({ kind, state }) => kind === 'audio' && state === 'ready');
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', `${server.url}/content/${video.id}/${id}.m3u8`, '-ac', '1', '-ar', '8000', '-f',
    's16le', '-'], { encoding: 'buffer', maxBuffer: 1 << 26 });
  const beeps = [];
  let last = -Infinity;
  for (let at = 0; at < stdout.length / 2; ++at) {
    if (Math.abs(stdout.readInt16LE(2 * at)) < 3000) continue;
    if (at - last > 2000) beeps.push(at / 8000);
    last = at;
  }
  return beeps;
}

// What the MPD lists: {video: [playlist], audio: [playlist]} with `segments` of {uri, duration, map}.
export async function readMpd(url) {
  const source = await text(url);
  for (const [, uri] of source.matchAll(/\b(?:media|initialization|sourceURL|xlink:href)="([^"]*)"/g)) {
    assert.match(uri.replaceAll(/\$\w+(%\d+d)?\$/g, 'x'), bareName, `${uri} is not a bare file name`);
  }
  // Captions are one file each; nothing else needs a BaseURL.
  for (const [, uri] of source.matchAll(/<BaseURL>([^<]*)<\/BaseURL>/g)) {
    assert.match(uri, /^captions-[A-Za-z0-9_-]+\.vtt$/);
  }
  const manifest = parseMpd(source, { manifestUri: url, eventHandler: ({ type, message }) => {
    if (type === 'warn') assert.fail(`mpd-parser: ${message}`);
  } });
  const audio = Object.values(manifest.mediaGroups.AUDIO.audio ?? {}).flatMap((group) => group.playlists);
  const video = manifest.playlists.filter(({ attributes }) => attributes.RESOLUTION);
  return { video, audio: audio.length || video.length ? audio : manifest.playlists, duration: manifest.duration, source };
}

function parseM3u8(source, url) {
  const parser = new M3u8Parser();
  parser.on('warn', ({ message }) => assert.fail(`${url}: m3u8-parser: ${message}`));
  parser.push(source);
  parser.end();
  for (const line of source.split('\n')) {
    if (line && !line.startsWith('#')) assert.match(line.trim(), bareName, `${line} is not a bare file name`);
    for (const [, uri] of line.matchAll(/URI="([^"]*)"/g)) assert.match(uri, bareName);
  }
  return parser.manifest;
}

// The master playlist and every media playlist that it names.
export async function readHls(url) {
  const master = parseM3u8(await text(url), url);
  const audio = Object.values(master.mediaGroups?.AUDIO ?? {}).flatMap((group) => Object.values(group));
  const names = [...(master.playlists ?? []).map(({ uri }) => uri), ...audio.map(({ uri }) => uri).filter(Boolean)];
  assert.ok(names.length, 'a master playlist names playlists');
  const media = await Promise.all([...new Set(names)].map(async (name) => {
    const address = new URL(name, url).href;
    const playlist = parseM3u8(await text(address), address);
    assert.ok(playlist.endList, `${name} is complete`);
    assert.ok(playlist.segments.every(({ map }) => map?.uri), `${name} names its init segment`);
    return { name, segments: playlist.segments };
  }));
  return { master, media };
}

// Every segment of a DASH playlist: its own times are those of the manifest, without a gap.
export async function checkTimeline(playlist, manifestUrl) {
  const address = (uri) => new URL(uri, manifestUrl).href;
  const timescale = trackTimescale(await bytes(address(playlist.segments[0].map.resolvedUri ?? playlist.segments[0].map.uri)));
  let expected = null;
  let listed = 0;
  for (const segment of playlist.segments) {
    const { start, duration, startsWithSync } = fragmentTiming(await bytes(address(segment.resolvedUri ?? segment.uri)));
    expected ??= start;
    assert.equal(start, expected, `${segment.uri} begins where the one before it ends`);
    assert.ok(Math.abs(duration / timescale - segment.duration) < 0.001,
      `${segment.uri} lasts ${duration / timescale} s, the manifest says ${segment.duration}`);
    assert.ok(startsWithSync, `${segment.uri} begins with a sync sample`);
    expected += duration;
    listed += segment.duration;
  }
  return { seconds: expected / timescale, listed };
}
