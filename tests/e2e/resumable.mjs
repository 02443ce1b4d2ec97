// An upload in pieces of any order, as a client makes it that may be cut off.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

// Answers {id, video, send}: `send(from, to)` brings those bytes of the file and answers when they are stored.
export async function createUpload(server, file) {
  const bytes = fs.readFileSync(file);
  const answer = await fetch(`${server.url}/api/v1/uploads`, {
    method: 'POST',
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': String(bytes.length),
      'upload-metadata': `filename ${Buffer.from(path.basename(file)).toString('base64')}`,
    },
  });
  assert.equal(answer.status, 201, await answer.text());
  const location = new URL(answer.headers.get('location'), server.url).href;
  const send = async (from, to) => {
    const stored = await fetch(location, {
      method: 'PUT',
      headers: { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}`, 'content-type': 'application/octet-stream' },
      body: bytes.subarray(from, to),
    });
    assert.equal(stored.status, 204, await stored.text());
  };
  return { location, video: answer.headers.get('tritontube-video'), size: bytes.length, send };
}
