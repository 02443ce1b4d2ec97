import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, type KeyPress } from './commands';

const press = (key: string, rest: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  ...rest,
});

test('keys do what people are used to', () => {
  assert.deepEqual(commandOf(press('k')), { kind: 'togglePlay' });
  assert.deepEqual(commandOf(press('j')), { kind: 'seekBy', seconds: -10 });
  assert.deepEqual(commandOf(press('7')), { kind: 'seekToTenth', tenth: 7 });
  assert.deepEqual(commandOf(press('M')), { kind: 'toggleMute' });
});

test('keys with Ctrl, Alt or Meta belong to the browser', () => {
  assert.equal(commandOf(press('f', { ctrlKey: true })), null);
  assert.equal(commandOf(press('ArrowLeft', { altKey: true })), null);
  assert.equal(commandOf(press('k', { metaKey: true })), null);
});

test('on keyboards without Latin letters the place of the key decides', () => {
  assert.deepEqual(commandOf(press('л', { code: 'KeyK' })), { kind: 'togglePlay' });
  assert.equal(commandOf(press('a', { code: 'KeyM' })), null);
});

test('other keys do nothing', () => {
  assert.equal(commandOf(press('Tab')), null);
  assert.equal(commandOf(press('x')), null);
});
