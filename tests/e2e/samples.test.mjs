// Videos from real cameras and encoders, and what each becomes.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { publish } from './api.mjs';
import { sample, whereSamplesShouldBe } from './clips.mjs';
import { checkTimeline, decode, decodeLowest, readHls, readMpd } from './presentation.mjs';
import { startServer } from './server.mjs';

// Of each file: what is special about it, the size it is shown in, the heights of its renditions, the frames of its grid and
// how many there are, the sound tracks, the seconds.
//
// Frames are counted as they are shown: those of the file, put on a constant grid. 10 and 31 begin late: their first picture
// is shown from zero on, two frames longer. `slack` is for times that a container rounds. `whole`: every rendition is decoded,
// over DASH and HLS, and not the smallest alone.
const samples = {
  '01': { what: '1080p, six channels of sound', size: '1920x1080', rungs: '1080 720 480 360 240', rate: 25, frames: 865, audio: 1, seconds: 34.6 },
  '03': { what: '720p without an edit list', size: '1280x720', rungs: '720 480 360 240', rate: 24, frames: 720, audio: 1, seconds: 30.0 },
  '04': { what: '360p', size: '640x360', rungs: '360 240', rate: 24, frames: 432, audio: 1, seconds: 18.0, whole: true },
  '05': { what: 'five minutes of 252 lines', size: '448x252', rungs: '252', rate: 24, frames: 7488, audio: 1, seconds: 312.0 },
  '06': { what: '2160p at 60 frames, no sound', size: '1920x1080', rungs: '1080 720 480 360 240', rate: 60, frames: 452, audio: 0, seconds: 7.5 },
  '07': { what: '1080p at 60 frames', size: '1920x1080', rungs: '1080 720 480 360 240', rate: 60, frames: 120, audio: 1, seconds: 2.0 },
  '08': { what: 'B frames and an edit list', size: '854x480', rungs: '480 360 240', rate: 24, frames: 720, audio: 1, seconds: 30.0 },
  '09': { what: 'edit lists on both tracks, a black picture', size: '854x480', rungs: '480 360 240', rate: 25, frames: 225, audio: 1, seconds: 9.0 },
  10: { what: 'on its side, shown upright', size: '1080x1920', rungs: '1080 720 480 360 240', rate: 24, frames: 47, audio: 1, seconds: 2.0, whole: true },
  11: { what: 'upright, 30.02 frames', size: '1080x1920', rungs: '1080 720 480 360 240', rate: 30, frames: 65, audio: 1, seconds: 2.2 },
  12: { what: 'HEVC in HLG, on its side, of a phone', size: '1080x1920', rungs: '1080 720 480 360 240', rate: 60, frames: 6, slack: 3, audio: 1, seconds: 0.1, whole: true },
  13: { what: 'a recording of a screen at a variable rate', size: '2358x1080', rungs: '1080 720 480 360 240', rate: 30, frames: 262, slack: 1, audio: 0, seconds: 8.7 },
  14: { what: 'a variable rate, 4:4:4, tiny', size: '128x128', rungs: '128', rate: 30, frames: 448, slack: 1, audio: 0, seconds: 14.9 },
  15: { what: '10 frames, no sound', size: '768x432', rungs: '432 360 240', rate: 10, frames: 1394, audio: 0, seconds: 139.4 },
  16: { what: '12.5 frames', size: '768x432', rungs: '432 360 240', rate: 12.5, frames: 377, audio: 1, seconds: 30.2 },
  17: { what: 'AC-3 in MOV, pixels of 4:3', size: '426x240', rungs: '240', rate: 25, frames: 25, audio: 1, seconds: 1.0 },
  18: { what: 'text tracks in MOV', size: '1280x720', rungs: '720 480 360 240', rate: 25, frames: 250, audio: 1, seconds: 10.0 },
  19: { what: 'VP9 and Opus in WebM', size: '320x180', rungs: '180', rate: 24, frames: 120, slack: 1, audio: 1, seconds: 5.0 },
  20: { what: 'VP8 and Vorbis in WebM', size: '960x540', rungs: '540 360 240', rate: 29.97, frames: 150, slack: 1, audio: 1, seconds: 5.1, whole: true },
  21: { what: 'VP8 in 332 lines, pixels of 399:400', size: '798x332', rungs: '332 240', rate: 24, frames: 1691, slack: 2, audio: 1, seconds: 70.5 },
  22: { what: 'SRT and ASS tracks in Matroska', size: '1280x720', rungs: '720 480 360 240', rate: 25, frames: 250, slack: 1, audio: 1, seconds: 10.0 },
  23: { what: 'HEVC in full range', size: '1920x1080', rungs: '1080 720 480 360 240', rate: 30, frames: 300, audio: 1, seconds: 10.0 },
  24: { what: 'AV1 in Matroska, no sound', size: '640x360', rungs: '360 240', rate: 25, frames: 125, audio: 0, seconds: 5.0 },
  25: { what: 'AV1 in AVI, pixels of 4:3', size: '426x240', rungs: '240', rate: 25, frames: 26, audio: 1, seconds: 1.0 },
  26: { what: 'HEVC of 10 bits', size: '200x200', rungs: '200', rate: 30, frames: 30, audio: 0, seconds: 1.0 },
  27: { what: 'H.264 of 10 bits', size: '200x200', rungs: '200', rate: 30, frames: 30, audio: 0, seconds: 1.0 },
  28: { what: 'two videos, two sounds, two texts', size: '320x180', rungs: '180', rate: 25, frames: 325, audio: 2, seconds: 13.1 },
  29: { what: 'a text track in MP4', size: '1280x720', rungs: '720 480 360 240', rate: 25, frames: 250, audio: 1, seconds: 10.0 },
  30: { what: '29.97 frames', size: '960x540', rungs: '540 360 240', rate: 29.97, frames: 150, audio: 1, seconds: 5.1, whole: true },
  31: { what: 'fragmented MP4', size: '960x540', rungs: '540 360 240', rate: 29.97, frames: 152, audio: 1, seconds: 5.1 },
  32: { what: 'the sound track comes first', size: '640x480', rungs: '480 360 240', rate: 30, frames: 185, audio: 1, seconds: 6.2 },
  33: { what: 'no sound', size: '640x360', rungs: '360 240', rate: 30, frames: 203, audio: 0, seconds: 6.8, whole: true },
  34: { what: 'pixels of 2:1', size: '1280x360', rungs: '360 240', rate: 30, frames: 150, audio: 0, seconds: 5.0 },
  35: { what: 'sound alone, two tracks of six channels', size: 'nullxnull', rungs: '', rate: null, frames: null, audio: 2, seconds: 5.0 },
  36: { what: '360p, no sound', size: '640x360', rungs: '360 240', rate: 25, frames: 345, audio: 0, seconds: 13.8 },
};

const isVideo = ({ kind }) => kind === 'video';

function checkDescription(video, { size, rungs, rate, audio, seconds }) {
  assert.equal(`${video.width}x${video.height}`, size);
  assert.equal(video.renditions.filter(isVideo).map(({ width, height }) => Math.min(width, height)).join(' '), rungs);
  assert.equal(video.renditions.filter(({ kind }) => kind === 'audio').length, audio);
  assert.ok(video.renditions.every(({ state, bandwidth }) => state === 'ready' && bandwidth > 0));
  if (rate === null) assert.equal(video.frame_rate, null);
  else assert.ok(Math.abs(video.frame_rate - rate) < 0.005, `${video.frame_rate} frames per second`);
  assert.ok(Math.abs(video.duration_seconds - seconds) < 0.1, `${video.duration_seconds} s`);
  assert.notEqual(video.urls.poster, null, 'a picture, or of sound alone its waveform');
}

async function checkManifests(server, video, { rungs, audio }) {
  const dash = server.url + video.urls.dash;
  const { video: playlists, audio: sounds } = await readMpd(dash);
  // A presentation of sound alone lists it as a player's only choice.
  if (rungs !== '') assert.deepEqual([playlists.length, sounds.length], [rungs.split(' ').length, audio]);
  for (const playlist of [...playlists, ...sounds]) await checkTimeline(playlist, dash);
  await readHls(server.url + video.urls.hls);
}

async function countFrames(server, video, whole) {
  if (!whole) return [await decodeLowest(server, video)];
  const pictures = video.renditions.filter(isVideo);
  const counts = [];
  for (const url of [video.urls.dash, video.urls.hls]) {
    const streams = (await decode(server.url + url)).filter(({ codec_type }) => codec_type === 'video');
    assert.ok(streams.length >= pictures.length);
    counts.push(...streams.map(({ nb_read_frames }) => nb_read_frames));
  }
  return counts;
}

describe('sample videos', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  for (const number of Object.keys(samples).sort()) {
    const expected = samples[number];
    const file = sample(number);
    const skip = file ? false : `NO SAMPLE ${number} IN ${whereSamplesShouldBe}: set TRITONTUBE_MEDIA_DIR`;
    if (skip) console.log(`SKIPPED: ${skip}`);

    test(`${number}: ${expected.what} -> ${expected.size}, ${expected.rungs || 'sound'}`, { skip }, async () => {
      const video = await publish(server, file);
      checkDescription(video, expected);
      await checkManifests(server, video, expected);
      if (expected.frames === null) return;
      for (const frames of await countFrames(server, video, expected.whole)) {
        const off = Math.abs(frames - expected.frames);
        assert.ok(off <= (expected.slack ?? 0), `${frames} frames instead of ${expected.frames}`);
      }
    });
  }
});
