import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageOfFileName } from './caption_language';

test('the language stands before the last extension', () => {
  assert.equal(languageOfFileName('film.en.srt'), 'en');
  assert.equal(languageOfFileName('My film.pt-BR.vtt'), 'pt-BR');
});

test('most names say nothing', () => {
  for (const name of ['film.srt', 'film.final.srt', 'en.srt', 'film.en.txt']) {
    assert.equal(languageOfFileName(name), null);
  }
});
