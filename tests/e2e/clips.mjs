// Clips that ffmpeg draws, made once and kept in build/e2e-clips; and files that are no clips at all.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { repository } from './server.mjs';

const folder = path.join(repository, 'build/e2e-clips');

function make(name, argumentsOfFfmpeg) {
  const file = path.join(folder, name);
  if (!fs.existsSync(file)) {
    fs.mkdirSync(folder, { recursive: true });
    const unfinished = path.join(folder, `unfinished-${name}`);
    execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...argumentsOfFfmpeg, unfinished]);
    fs.renameSync(unfinished, file);
  }
  return file;
}

// Moving pictures with a beep each second.
export function clip({ seconds = 10, size = '1920x1080', rate = 25, audio = true, name }) {
  return make(name ?? `clip-${size}-${rate.toString().replace('/', '_')}-${seconds}s${audio ? '' : '-silent'}.mp4`, [
    '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`,
    ...(audio ? ['-f', 'lavfi', '-i', `sine=frequency=330:beep_factor=4:sample_rate=48000:duration=${seconds}`] : []),
    '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '50',
    ...(audio ? ['-c:a', 'aac', '-ac', '2'] : []),
    '-movflags', '+faststart',
  ]);
}

// Films that are shown as they are, each written in another way: [{name, file}].
export function plainSources() {
  const inputs = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=24:d=13', '-f', 'lavfi'];
  const sound = ['-i', 'sine=d=13:r=48000'];
  const encoders = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '48', '-c:a', 'aac'];
  const usual = [...inputs, ...sound, ...encoders];
  const reordered = ['-bf', '3', '-b_strategy', '0'];
  const ways = {
    'in-order.mp4': [...usual, '-bf', '0'],
    'index-first.mp4': [...usual, ...reordered, '-movflags', '+faststart'],
    'edit-list.mov': [...usual, ...reordered],
    'late-sound.mp4': [...inputs.slice(0, 4), '-itsoffset', '0.07', '-f', 'lavfi', ...sound, ...encoders],
    'variable-rate.mp4': [...usual, '-vf', "select='not(mod(n,3))+gt(t,6)'", '-fps_mode', 'vfr', '-bf', '2'],
    'fragments.mp4': [...usual, '-bf', '0', '-movflags', '+frag_keyframe+empty_moov+default_base_moof'],
    'fragments-of-old.mp4': [...usual, '-bf', '2', '-movflags', '+frag_keyframe+separate_moof+delay_moov'],
    'two-sounds.mp4': [...usual, '-map', '0', '-map', '1', '-map', '1', '-metadata:s:a:1', 'language=fra'],
  };
  return Object.entries(ways).map(([name, words]) => ({ name, file: make(`plain-${name}`, words) }));
}

// 48 seconds that take about a megabit each, and begin a segment every two: small pictures that cannot be compressed well.
export const longClip = ({ faststart }) => make(`long-${faststart ? 'faststart' : 'late-index'}.mp4`, [
  '-f', 'lavfi', '-i', `testsrc2=size=480x270:rate=25:duration=${longClip.seconds},noise=alls=12:allf=t`,
  '-f', 'lavfi', '-i', `sine=frequency=330:beep_factor=4:sample_rate=48000:duration=${longClip.seconds}`,
  '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '50', '-b:v', '1M', '-maxrate', '1M', '-bufsize', '1M',
  '-c:a', 'aac', '-ac', '2', ...(faststart ? ['-movflags', '+faststart'] : []),
]);
longClip.seconds = 48;

// The same in a container that has to be converted.
export function unshown(options) {
  const shown = clip(options);
  return make(`${path.parse(shown).name}.mkv`, ['-i', shown, '-c', 'copy']);
}

// About 60 MB in small pictures of noise, which are soon encoded again.
export const bulkyClip = () => make('bulky.mp4', [
  '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=40,noise=alls=100:allf=t',
  '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '50', '-b:v', '12M', '-maxrate', '12M', '-bufsize', '12M',
  '-movflags', '+faststart',
]);

// Pictures as bright as their second, and a tone that is quiet.
export const twilight = (seconds = 20) => make(`twilight-${seconds}s.mp4`, [
  '-f', 'lavfi', '-i', `color=black:s=640x360:r=25:d=${seconds},geq=lum='30+floor(T)*8':cb=128:cr=128`,
  '-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=48000:duration=${seconds}`,
  '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-crf', '12', '-c:a', 'aac', '-ac', '2',
]);

// A film with English subtitles in it.
export function captioned() {
  const subtitles = write('captioned.srt', '1\n00:00:01,000 --> 00:00:30,000\nHello <i>there</i>\n');
  return make('captioned.mp4', [
    '-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=6', '-f', 'lavfi', '-i', 'sine=d=6', '-i', subtitles,
    '-map', '0', '-map', '1', '-map', '2', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-c:s', 'mov_text',
    '-metadata:s:s', 'language=eng',
  ]);
}

export const soundOnly = () => make('tone.m4a', ['-f', 'lavfi', '-i', 'sine=frequency=440:d=6', '-c:a', 'aac']);

// A tone of one level in both channels: so many dB below full scale, and about so many LUFS.
export const steadyTone = (decibels, seconds = 8) => make(`tone${decibels}dB-${seconds}s.mp4`, [
  '-f', 'lavfi', '-i', `color=gray:s=320x240:r=25:d=${seconds}`,
  '-f', 'lavfi', '-i', `aevalsrc=${10 ** (decibels / 20)}*sin(2*PI*1000*t):s=48000:d=${seconds}`,
  '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '192k', '-ac', '2',
]);

function write(name, content) {
  fs.mkdirSync(folder, { recursive: true });
  const file = path.join(folder, name);
  fs.writeFileSync(file, content);
  return file;
}

export const empty = () => write('empty.mp4', '');
export const textFile = () => write('notes.mp4', 'These are notes, not a film.\n'.repeat(100));
export const webPage = () => write('page.mp4', '<!doctype html><html><body>no film</body></html>\n'.repeat(20));
// The same every time: x -> 1103515245 x + 12345.
function noiseBytes(length) {
  let x = 7;
  return Buffer.from(Array.from({ length }, () => (x = (Math.imul(x, 1103515245) + 12345) >>> 0) >>> 24));
}
export const noise = () => write('noise.mp4', noiseBytes(200_000));
// What each container begins with, and then noise: [{name, file}].
export function brokenContainers() {
  const hex = (text) => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const beginnings = {
    mp4: Buffer.concat([hex('00000018'), Buffer.from('ftypisom'), hex('00000200'), Buffer.from('isomavc1')]),
    mkv: hex('1a45dfa3 a3 4286810142f7810142f2810442f381084282886d6174726f736b61428781044285810218538067'),
    webm: hex('1a45dfa3 9f 4286810142f7810142f2810442f381084282847765626d428781024285810218538067'),
    avi: Buffer.concat([Buffer.from('RIFF'), hex('ffffff7f'), Buffer.from('AVI LIST')]),
    wav: Buffer.concat([Buffer.from('RIFF'), hex('ffffff7f'), Buffer.from('WAVEfmt '), hex('10000000')]),
    flv: hex('464c5601 05 00000009 00000000'),
    asf: hex('3026b2758e66cf11a6d900aa0062ce6c'),
    ogg: Buffer.concat([Buffer.from('OggS'), hex('00020000000000000000')]),
    flac: Buffer.concat([Buffer.from('fLaC'), hex('00000022')]),
    mp3: Buffer.concat([Buffer.from('ID3'), hex('04000000000000')]),
    mpg: hex('000001ba44000400040100'),
  };
  const files = Object.entries(beginnings).map(([name, beginning]) => ({
    name: `broken.${name}`, file: write(`broken.${name}`, Buffer.concat([beginning, noiseBytes(50_000)])),
  }));
  // Packets of 188 bytes that begin as packets do.
  const packets = noiseBytes(188 * 300);
  for (let at = 0; at < packets.length; at += 188) packets[at] = 0x47;
  return [...files, { name: 'broken.ts', file: write('broken.ts', packets) }];
}
// A playlist that makes a naive ffmpeg read `target` and show it as video.
export const playlist = (target) =>
  write('playlist.mp4', `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n${target}\n#EXT-X-ENDLIST\n`);
export const concatList = (target) => write('concat.mp4', `ffconcat version 1.0\nfile ${target}\n`);
// The first half of a film whose index stands at the end: the index is missing.
export function truncated() {
  const whole = make('index-last.mp4', [
    '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=25:duration=4', '-c:v', 'libx264', '-pix_fmt', 'yuv420p',
  ]);
  const bytes = fs.readFileSync(whole);
  return write('truncated.mp4', bytes.subarray(0, bytes.length / 2));
}

// The first two thirds of a film whose index stands at the beginning.
export function cutOff() {
  const bytes = fs.readFileSync(clip({ seconds: 9, size: '320x240' }));
  return write('cut-off.mp4', bytes.subarray(0, bytes.length * 2 / 3));
}

// Two pictures, ten hours apart.
export const sparse = () => make('sparse.mov', [
  '-f', 'lavfi', '-i', 'color=s=64x64:r=1:d=2', '-vf', 'setpts=N*36000/TB', '-fps_mode', 'passthrough', '-c:v', 'png',
]);

// A film with more sound than anybody can listen to.
export const manySounds = (count) => make(`sounds-${count}.mp4`, [
  '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=5', '-f', 'lavfi', '-i', 'sine=d=5:r=8000', '-map', '0',
  ...Array.from({ length: count }, () => ['-map', '1']).flat(), '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '16k',
]);

// Pictures of as many pixels as are allowed, in next to no bytes: each is decoded to a hundred megabytes.
export function inflatedPictures(count) {
  const picture = make('inflated.png', ['-f', 'lavfi', '-i', 'color=c=navy:s=6200x6200', '-frames:v', '1', '-c:v', 'png']);
  return make(`inflated-${count}.mov`, ['-loop', '1', '-framerate', '1', '-t', String(count), '-i', picture, '-c:v', 'copy']);
}

// A beep at the start of each second.
const beeps = (seconds) => ['-f', 'lavfi', '-i', `aevalsrc='if(lt(mod(t,1),0.1),sin(2*PI*1000*t),0)':d=${seconds}:s=48000`];
const pictures = (size, seconds) => ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=25:duration=${seconds}`];
const plainVideo = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-pix_fmt', 'yuv420p'];
const partSeconds = 4;

// Parts of a transport stream, one behind the other, as a broadcaster joins them.
function joined(name, parts) {
  const files = parts.map((words, index) => make(`${index}-${name}`, [
    ...words, '-muxdelay', '0', '-output_ts_offset', String(index * partSeconds), '-f', 'mpegts',
  ]));
  return write(name, Buffer.concat(files.map((file) => fs.readFileSync(file))));
}

// Twelve seconds with a beep each second, in which the pictures change their size twice.
export function changingSizes() {
  const video = joined('sizes.ts', ['320x180', '640x360', '320x180'].map((size) => [...pictures(size, partSeconds), ...plainVideo]));
  return make('sizes.mkv', ['-fflags', '+genpts', '-i', video, ...beeps(12), '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'aac']);
}

// The same with pictures of one size, and sound that changes from one channel to two, and back.
export function changingSound() {
  const sound = joined('sound.ts', ['1', '2', '1'].map((channels) => [...beeps(partSeconds), '-c:a', 'aac', '-ac', channels]));
  return make('sound.mkv', [...pictures('320x180', 12), '-fflags', '+genpts', '-i', sound, '-map', '0:v', '-map', '1:a', ...plainVideo,
    '-c:a', 'copy']);
}

// A video whose sound is in a format that ffmpeg knows by name and cannot decode.
export function unknownSound() {
  const bytes = fs.readFileSync(clip({ seconds: 5, size: '320x240' }));
  for (const [from, to] of [['mp4a', 'mhm1'], ['esds', 'free']]) bytes.write(to, bytes.indexOf(from), 'latin1');
  return write('unknown-sound.mp4', bytes);
}

// A video whose every packet of sound is noise.
export const noisySound = () => make('noisy-sound.mp4', [
  '-i', clip({ seconds: 5, size: '320x240' }), '-c', 'copy', '-bsf:a', 'noise=amount=1',
]);

// A video of which nothing but the index is left.
export function noPictures() {
  const bytes = fs.readFileSync(clip({ seconds: 5, size: '320x240', audio: false }));
  bytes.fill(0xff, bytes.indexOf('mdat') + 4);
  return write('no-pictures.mp4', bytes);
}

// A clip that is larger than it need be: an MP4 with a box that players skip.
export function padded(file, size) {
  const bytes = fs.readFileSync(file);
  const box = Buffer.alloc(Math.ceil(size) - bytes.length);
  box.writeUInt32BE(box.length);
  box.write('free', 4);
  return write(`padded-${path.basename(file)}`, Buffer.concat([bytes, box]));
}

const mediaFolder = path.resolve(repository, process.env.TRITONTUBE_MEDIA_DIR ?? '../shared/media');

// A sample file by its number, or null when the samples are not there.
export function sample(number) {
  const found = fs.existsSync(mediaFolder) && fs.readdirSync(mediaFolder).find((name) => name.startsWith(`${number}_`));
  return found ? path.join(mediaFolder, found) : null;
}

// All of those that are MP4 or MOV.
export function movieSamples() {
  if (!fs.existsSync(mediaFolder)) return [];
  return fs.readdirSync(mediaFolder).filter((name) => /\.(mp4|mov)$/.test(name)).sort()
    .map((name) => ({ name, file: path.join(mediaFolder, name) }));
}

export const whereSamplesShouldBe = mediaFolder;
