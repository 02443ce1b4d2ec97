// Files that are not whole, or not the same from beginning to end: what can be shown of them is shown, in time.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { created, publish, uploadRaw, waitForState } from './api.mjs';
import { changingSizes, changingSound, noPictures, noisySound, unknownSound } from './clips.mjs';
import { beepTimes, checkTimeline, decodeLowest, readHls, readMpd } from './presentation.mjs';
import { startServer } from './server.mjs';

// The run-ups of three encoders, which neither a transport stream nor a decoder of HLS hides.
const beepSecondsLate = 0.1;

describe('damaged and changing files', () => {
  let server;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  async function checkManifests(video, audioCount) {
    const dash = server.url + video.urls.dash;
    const { video: pictures, audio } = await readMpd(dash);
    assert.equal(audio.length, audioCount);
    for (const playlist of [...pictures, ...audio]) await checkTimeline(playlist, dash);
    await readHls(server.url + video.urls.hls);
  }

  for (const [what, file] of [['in a format that nothing decodes', unknownSound], ['of which nothing can be decoded', noisySound]]) {
    test(`sound ${what} is left out, said so, and the video plays`, async () => {
      const video = await publish(server, file());
      assert.deepEqual(video.renditions.map(({ kind, state }) => `${kind} ${state}`), ['video ready', 'audio failed']);
      assert.equal(await decodeLowest(server, video), 125);
      await checkManifests(video, 0);
      const said = server.logEvents('sound tracks cannot be decoded and are left out').find((event) => event.video === video.id);
      assert.equal(said?.tracks, 1);
    });
  }

  for (const [what, file, framesMin] of [['pictures that change their size', changingSizes, 298], ['sound that changes its channels', changingSound, 300]]) {
    test(`${what} in mid-file keep in time`, async (t) => {
      const video = await publish(server, file());
      const frames = await decodeLowest(server, video);
      assert.ok(frames >= framesMin && frames <= 302, `${frames} frames`);
      await checkManifests(video, 1);
      const beeps = await beepTimes(server, video);
      t.diagnostic(`beeps at ${beeps.map((time) => time.toFixed(3)).join(' ')}`);
      assert.equal(beeps.length, 12);
      for (const [second, time] of beeps.entries()) {
        assert.ok(Math.abs(time - second) < beepSecondsLate, `the beep of second ${second} comes at ${time} s`);
      }
    });
  }

  test('a video of which no picture can be decoded has failed, and says so', async () => {
    const { id } = await created(await uploadRaw(server, noPictures()));
    const { error } = (await waitForState(server, id, 'failed')).at(-1);
    assert.equal(error.code, 'unsupported_media');
    assert.match(error.message, /pictures/);
  });
});
