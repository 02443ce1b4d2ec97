import assert from 'node:assert/strict';
import { test } from 'node:test';
import { criticalMessage, isBrokenConnection } from './shaka_errors';

const critical = (code: number, category: number, data: unknown[] = []) =>
  criticalMessage({ severity: 2, code, category, data });

test('what the engine gets over by itself is not shown', () => {
  assert.equal(criticalMessage({ severity: 1, code: 1002, category: 1 }), null);
});

test('closing the player during a load is not an error', () => {
  assert.equal(critical(7000, 7), null);
  assert.equal(critical(7003, 7), null);
});

test('a server that restarts is a broken connection, and one that has no file is not', () => {
  assert.ok(isBrokenConnection({ code: 1002 }));
  assert.ok(isBrokenConnection({ code: 1001, data: ['/content/x', 503] }));
  assert.ok(!isBrokenConnection({ code: 1001, data: ['/content/x', 404] }));
  assert.ok(!isBrokenConnection({ code: 3016 }));
});

test('errors say what happened, with the code for whoever is asked about it', () => {
  assert.match(critical(1001, 1, ['/content/x', 404]) ?? '', /not on the server.*1001/);
  assert.match(critical(1001, 1, ['/content/x', 503]) ?? '', /could not deliver/);
  assert.match(critical(1002, 1) ?? '', /connection/);
  assert.match(critical(3016, 3) ?? '', /format/);
  assert.match(criticalMessage({}) ?? '', /error\.$/);
});
