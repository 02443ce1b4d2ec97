// What comes out of the player: quiet and loud videos are equally loud, in Debian's Chromium.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { publishWithExtras, waitFor } from './api.mjs';
import { steadyTone } from './clips.mjs';
import { startServer } from './server.mjs';

const toleranceDb = 2;

describe('loudness as it is heard', () => {
  let server;
  let browser;
  const films = {};
  before(async () => {
    server = await startServer();
    for (const [name, decibels] of [['quiet', -24], ['loud', -6]]) {
      const film = await publishWithExtras(server, steadyTone(decibels), name);
      films[name] = await waitFor(server, film.id, ({ loudness }) => loudness !== null);
    }
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
        '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
      ],
    });
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  // The level in dB of what the player sends to the loudspeakers, as soon as it has come to rest.
  async function heard(film) {
    const page = await browser.newPage();
    try {
      await page.addInitScript(listenAtTheDestination);
      await page.goto(`${server.url}/videos/${film.id}`);
      await page.waitForFunction(() => document.querySelector('video')?.readyState >= 2);
      await page.evaluate(() => { document.querySelector('video').loop = true; });
      // A gesture, which lets the sound through the graph; with the keyboard, so that nothing is clicked.
      await page.keyboard.press('Shift');
      await page.evaluate(() => document.querySelector('video').play());
      return await page.evaluate(measure);
    } finally {
      await page.close();
    }
  }

  test('a quiet and a loud video come out within 2 dB of each other, which as they are lie 18 dB apart', async (t) => {
    const { quiet, loud } = films;
    const apart = loud.loudness.integrated_lufs - quiet.loudness.integrated_lufs;
    assert.ok(apart > 16, `the clips are ${apart} dB apart`);
    const even = { quiet: await heard(quiet), loud: await heard(loud) };
    t.diagnostic(`measured ${quiet.loudness.integrated_lufs} and ${loud.loudness.integrated_lufs} LUFS, heard ${even.quiet} and ${even.loud} dB`);
    assert.ok(Math.abs(even.quiet - even.loud) <= toleranceDb, JSON.stringify(even));
  });
});

// In the page: whatever is connected to the loudspeakers is listened to as well.
function listenAtTheDestination() {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target === this.context.destination) {
      const analyser = this.context.createAnalyser();
      analyser.fftSize = 32768;
      connect.call(this, analyser);
      window.heardBy = analyser;
    }
    return connect.call(this, target, ...rest);
  };
}

// In the page: the RMS level once three measurements in a row agree.
async function measure() {
  const level = () => {
    const samples = new Float32Array(window.heardBy.fftSize);
    window.heardBy.getFloatTimeDomainData(samples);
    return 10 * Math.log10(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  };
  const levels = [];
  const ended = performance.now() + 20_000;
  while (performance.now() < ended) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    if (!window.heardBy) continue;
    levels.push(level());
    const last = levels.slice(-3);
    if (last.length === 3 && Math.min(...last) > -60 && Math.max(...last) - Math.min(...last) < 0.3) return last.at(-1);
  }
  throw new Error(`the level does not come to rest: ${levels.join(' ')}`);
}
