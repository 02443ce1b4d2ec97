import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteCount, withRange, type ByteRange, type ByteRanges } from './byte_ranges';
import { UploadPlan } from './upload_plan';

const mebibyte = 1024 * 1024;
const slow = null;
const fast = 100 * mebibyte;

function drain(plan: UploadPlan, speed: number | null): ByteRange[] {
  const sent: ByteRange[] = [];
  let stored: ByteRanges = [];
  for (let range = plan.next(speed); range; range = plan.next(speed)) {
    sent.push(range);
    stored = withRange(stored, range);
    plan.answered(range, stored);
  }
  return sent;
}

test('a file goes from its beginning to its end, every byte once', () => {
  const plan = new UploadPlan(20 * mebibyte + 7, []);
  const sent = drain(plan, fast);
  assert.deepEqual(sent.map(({ begin }) => begin / mebibyte), [0, 8, 16]);
  assert.equal(sent.at(-1)?.end, 20 * mebibyte + 7);
  assert.ok(plan.isComplete());
  assert.equal(plan.storedBytes(), 20 * mebibyte + 7);
});

test('the urgent bytes go first, and are not sent twice', () => {
  const index = { begin: 30 * mebibyte + 100, end: 30 * mebibyte + 900_000 };
  const plan = new UploadPlan(31 * mebibyte, [index]);
  const sent = drain(plan, fast);
  assert.equal(sent[0]?.begin, index.begin);
  assert.equal(sent[1]?.begin, 0);
  assert.equal(byteCount(sent), 31 * mebibyte);
  assert.ok(plan.isComplete());
});

test('a slow line gets short requests, and no request crosses the end of a part', () => {
  const plan = new UploadPlan(17 * mebibyte, [{ begin: 5_000_001, end: 9_000_000 }]);
  const first = plan.next(slow);
  assert.ok(first && first.end - first.begin <= 256 * 1024);
  plan.failed(first);
  for (const { begin, end } of drain(plan, mebibyte)) {
    assert.ok(end - begin <= 2 * mebibyte);
    assert.equal(Math.floor(begin / (8 * mebibyte)), Math.floor((end - 1) / (8 * mebibyte)));
  }
});

test('two connections never send the same bytes', () => {
  const plan = new UploadPlan(16 * mebibyte, []);
  const first = plan.next(fast);
  const second = plan.next(fast);
  assert.deepEqual([first?.begin, second?.begin], [0, 8 * mebibyte]);
  assert.equal(plan.next(fast), null);
  assert.ok(!plan.isComplete());
});

test('bytes whose request failed are sent again', () => {
  const plan = new UploadPlan(mebibyte, []);
  const lost = plan.next(fast);
  assert.ok(lost);
  plan.failed(lost);
  assert.deepEqual(plan.next(fast), lost);
});

test('an upload goes on with what the server lacks, also in the middle', () => {
  const plan = new UploadPlan(10 * mebibyte, []);
  plan.resume([{ begin: 0, end: mebibyte }, { begin: 2 * mebibyte, end: 10 * mebibyte }]);
  assert.deepEqual(drain(plan, fast), [{ begin: mebibyte, end: 2 * mebibyte }]);
  assert.ok(plan.isComplete());
});

test('an answer that was overtaken takes nothing back', () => {
  const plan = new UploadPlan(16 * mebibyte, []);
  const first = plan.next(fast);
  const second = plan.next(fast);
  assert.ok(first && second);
  plan.answered(second, [first, second]);
  plan.answered(first, [first]);
  assert.ok(plan.isComplete());
});

test('an empty file is complete at once', () => {
  const plan = new UploadPlan(0, []);
  assert.equal(plan.next(fast), null);
  assert.ok(plan.isComplete());
});
