import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentQualityLabel, qualityChoices, trackOfHeight, type VariantTrack } from './quality';

const track = (overrides: Partial<VariantTrack>): VariantTrack => ({
  id: 1,
  active: false,
  width: 1280,
  height: 720,
  frameRate: 24,
  bandwidth: 1_000_000,
  audioId: 1,
  ...overrides,
});
const low = track({ id: 2, width: 426, height: 240, bandwidth: 250_000 });
const high = track({ id: 3 });

test('each height is offered once, the best first', () => {
  const choices = qualityChoices([low, high, track({ id: 4, audioId: 2 })]);
  assert.deepEqual(choices.map(({ height }) => height), [720, 240]);
});

test('labels use the shorter side and mention high frame rates', () => {
  assert.equal(qualityChoices([track({ width: 720, height: 1280 })])[0]?.label, '720p');
  assert.equal(qualityChoices([track({ frameRate: 59.94 })])[0]?.label, '720p60');
});

test('audio alone offers nothing to choose', () => {
  assert.deepEqual(qualityChoices([track({ width: null, height: null })]), []);
});

test('changing the picture keeps the sound', () => {
  const playing = track({ id: 5, active: true, height: 240, audioId: 2 });
  const otherSound = track({ id: 6, audioId: 1, bandwidth: 9_000_000 });
  const sameSound = track({ id: 7, audioId: 2 });
  assert.equal(trackOfHeight([playing, otherSound, sameSound], 720)?.id, 7);
  assert.equal(trackOfHeight([playing], 720), undefined);
});

test('the button shows the choice, else what plays, else Auto', () => {
  const choices = qualityChoices([low, high]);
  assert.equal(currentQualityLabel(choices, 240, 720), '240p');
  assert.equal(currentQualityLabel(choices, null, 720), '720p');
  assert.equal(currentQualityLabel(choices, null, null), 'Auto');
});
