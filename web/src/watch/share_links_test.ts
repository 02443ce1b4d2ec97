import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aVideo } from '../store/video_fixture';
import { embedCode, watchUrl } from './share_links';

test('a link leads to the watch page', () => {
  assert.equal(watchUrl('https://v.example', 'aaaaaaaaaaa'), 'https://v.example/videos/aaaaaaaaaaa');
});

test('the code for a page has the shape of the video', () => {
  const code = embedCode('https://v.example', aVideo({ width: 1080, height: 1920 }));
  assert.match(code, /src="https:\/\/v\.example\/embed\/aaaaaaaaaaa" width="640" height="1138"/);
});

test('a title cannot break out of the code', () => {
  const code = embedCode('https://v.example', aVideo({ title: '"><script>alert(1)</script>' }));
  assert.ok(!code.includes('<script>'));
  assert.match(code, /title="&quot;&gt;&lt;script&gt;/);
});
