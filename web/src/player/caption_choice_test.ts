import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preferredLanguage } from './caption_choice';

test('what was chosen goes before what the browser speaks', () => {
  assert.equal(preferredLanguage(['de', 'en', 'fr'], 'fr', ['en-GB']), 'fr');
  assert.equal(preferredLanguage(['de', 'en'], 'fr', ['en-GB']), 'en');
});

test('a close language is better than a foreign one', () => {
  assert.equal(preferredLanguage(['de', 'pt-BR'], null, ['pt-PT', 'de']), 'pt-BR');
  assert.equal(preferredLanguage(['en-x-2', 'en'], 'en', []), 'en');
});

test('captions that nobody understands are still captions', () => {
  assert.equal(preferredLanguage(['ja'], null, ['en']), 'ja');
  assert.equal(preferredLanguage([], null, ['en']), undefined);
});
