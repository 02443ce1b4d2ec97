import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../api/problem';
import type { OpenUpload, PutOptions, UploadServer } from '../api/uploads';
import { byteCount, withRange, type ByteRange, type ByteRanges } from './byte_ranges';
import { FileSender, type SenderOptions } from './file_sender';

const mebibyte = 1024 * 1024;
const upload: OpenUpload = { url: '/api/v1/uploads/u1', videoId: 'v1' };

// Keeps ranges as the real one does; each call may fail first.
class FakeServer implements UploadServer {
  stored: ByteRanges = [];
  readonly order: ByteRange[] = [];
  readonly calls: string[] = [];
  underWayMost = 0;
  whole = false;
  private underWay = 0;

  constructor(private readonly failures: Partial<Record<'create' | 'look' | 'put', ApiError[]>> = {}) {}

  async create(): Promise<OpenUpload> {
    await this.begin('create');
    return upload;
  }

  async look(): Promise<ByteRanges> {
    await this.begin('look');
    return this.stored;
  }

  async put(url: string, bytes: Blob, { range, onSent }: PutOptions): Promise<ByteRanges> {
    assert.equal(url, upload.url);
    this.underWay += 1;
    this.underWayMost = Math.max(this.underWayMost, this.underWay);
    try {
      await this.begin('put');
      assert.equal((await bytes.arrayBuffer()).byteLength, range.end - range.begin);
      onSent(bytes.size);
      this.order.push(range);
      this.stored = withRange(this.stored, range);
      return this.stored;
    } finally {
      this.underWay -= 1;
    }
  }

  remove(): Promise<void> {
    this.calls.push('remove');
    return Promise.resolve();
  }

  isWhole(): Promise<boolean> {
    this.calls.push('isWhole');
    return Promise.resolve(this.whole);
  }

  private async begin(call: 'create' | 'look' | 'put'): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    const failure = this.failures[call]?.shift();
    if (failure) throw failure;
  }
}

function fileOf(bytes: Uint8Array<ArrayBuffer>): File {
  return Object.assign(new Blob([bytes]), { name: 'a.mp4', lastModified: 1, webkitRelativePath: '' });
}

const plainFile = (size: number) => fileOf(new Uint8Array(size));

function senderOf(file: File, server: FakeServer, options: Partial<SenderOptions> = {}) {
  const seen = { waiting: [] as (string | null)[], delays: [] as number[], sent: 0, opened: 0 };
  const sender = new FileSender(file, {
    server,
    begun: null,
    connections: () => 2,
    now: () => 0,
    wait: (milliseconds) => {
      seen.delays.push(milliseconds);
      return Promise.resolve();
    },
    onOpen: () => (seen.opened += 1),
    onProgress: (sent) => (seen.sent = sent),
    onWaiting: (reason) => seen.waiting.push(reason),
    ...options,
  });
  return { sender, seen };
}

const lost = () => new ApiError(0, 'no connection');

test('a file is sent whole, over two connections', async () => {
  const server = new FakeServer();
  const { sender, seen } = senderOf(plainFile(3 * mebibyte + 5), server);
  await sender.run();
  assert.deepEqual(server.stored, [{ begin: 0, end: 3 * mebibyte + 5 }]);
  assert.equal(byteCount(server.order), 3 * mebibyte + 5);
  assert.equal(server.underWayMost, 2);
  assert.equal(seen.sent, 3 * mebibyte + 5);
});

test('an index at the end of a film goes first', async () => {
  const bytes = new Uint8Array(mebibyte);
  const view = new DataView(bytes.buffer);
  const write = (at: number, size: number, type: string) => {
    view.setUint32(at, size);
    bytes.set(new TextEncoder().encode(type), at + 4);
  };
  write(0, 24, 'ftyp');
  write(24, mebibyte - 1024, 'mdat');
  write(mebibyte - 1000, 1000, 'moov');
  const server = new FakeServer();
  await senderOf(fileOf(bytes), server, { connections: () => 1 }).sender.run();
  assert.deepEqual(server.order[0], { begin: mebibyte - 1000, end: mebibyte });
  assert.equal(server.order[1]?.begin, 0);
});

test('a broken connection is waited for, longer each time, and then what is missing is sent', async () => {
  const server = new FakeServer({
    create: [lost()],
    put: [lost(), new ApiError(503, 'restarting')],
    look: [lost(), lost()],
  });
  const { sender, seen } = senderOf(plainFile(mebibyte), server, { connections: () => 1 });
  await sender.run();
  assert.equal(byteCount(server.stored), mebibyte);
  assert.deepEqual(seen.delays, [500, 1000, 2000, 4000, 8000]);
  assert.ok(seen.waiting.includes('restarting'));
  assert.equal(seen.waiting.at(-1), null);
});

test('what the server refuses ends it, in the words of the server', async () => {
  for (const status of [409, 413, 507]) {
    const server = new FakeServer({ put: [new ApiError(status, `refused with ${status}`)] });
    const { sender, seen } = senderOf(plainFile(mebibyte), server, { connections: () => 1 });
    await assert.rejects(sender.run(), { status, message: `refused with ${status}` });
    assert.deepEqual(seen.delays, []);
  }
});

test('an upload that was begun before goes on where it was', async () => {
  const server = new FakeServer();
  server.stored = [{ begin: 0, end: 700_000 }];
  const { sender } = senderOf(plainFile(mebibyte), server, { begun: upload });
  await sender.run();
  assert.equal(byteCount(server.order), mebibyte - 700_000);
  assert.ok(!server.calls.includes('create'));
});

test('an upload that the server has given up since begins anew', async () => {
  const server = new FakeServer({ look: [new ApiError(404, 'gone')] });
  await senderOf(plainFile(1000), server, { begun: upload }).sender.run();
  assert.deepEqual(server.calls, ['look', 'isWhole', 'create', 'put']);
});

test('when only the last answer was lost, the file is there', async () => {
  const server = new FakeServer({ put: [lost()], look: [new ApiError(404, 'gone')] });
  server.whole = true;
  await senderOf(plainFile(1000), server).sender.run();
  assert.deepEqual(server.calls, ['create', 'put', 'look', 'isWhole']);
});

test('an upload that is given up in the middle says so', async () => {
  const server = new FakeServer({ put: [lost()], look: [new ApiError(410, 'gone')] });
  await assert.rejects(senderOf(plainFile(1000), server).sender.run(), /given this upload up/);
});

test('cancelling removes the upload from the server', async () => {
  const server = new FakeServer({ put: [lost()] });
  const { sender } = senderOf(plainFile(1000), server, {
    wait: () => {
      sender.cancel();
      return Promise.resolve();
    },
  });
  await assert.rejects(sender.run(), /Cancelled/);
  assert.equal(server.calls.at(-1), 'remove');
});

test('a file that cannot be read any more ends it, and is no broken connection', async () => {
  const file = plainFile(1000);
  const readable = file.slice.bind(file);
  const server = new FakeServer({ put: [lost()] });
  const { sender } = senderOf(file, server, {
    onOpen: () => {
      file.slice = () => Object.assign(readable(), { arrayBuffer: () => Promise.reject(new Error('NotReadableError')) });
    },
  });
  await assert.rejects(sender.run(), /changed or removed/);
});

test('an empty file needs no bytes', async () => {
  const server = new FakeServer();
  await senderOf(plainFile(0), server).sender.run();
  assert.deepEqual(server.calls, ['create']);
});
