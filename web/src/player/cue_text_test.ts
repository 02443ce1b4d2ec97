import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCueText } from './cue_text';

test('text, bold, italics and underlines become nodes', () => {
  assert.deepEqual(parseCueText('a <b>b <i>c</i></b>\n<u>d</u>'), [
    'a ',
    { tag: 'b', children: ['b ', { tag: 'i', children: ['c'] }] },
    '\n',
    { tag: 'u', children: ['d'] },
  ]);
});

test('escaped letters are letters', () => {
  assert.deepEqual(parseCueText('1 &lt; 2 &amp;&amp; 3 &gt; 2'), ['1 < 2 && 3 > 2']);
});

test('whatever else looks like markup is shown as text', () => {
  assert.deepEqual(parseCueText('<script>x</script> <b onclick=y>'), [
    '<script>x</script> <b onclick=y>',
  ]);
});

test('what is not closed ends with the caption, and what is not open is ignored', () => {
  assert.deepEqual(parseCueText('<b>a'), [{ tag: 'b', children: ['a'] }]);
  assert.deepEqual(parseCueText('a</i>b'), ['ab']);
});
