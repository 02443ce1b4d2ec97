// The original's admin service as its own client calls it: plain gRPC over HTTP/2, without our binary.
import http2 from 'node:http2';

// A message that has one string, which is field 1.
function encode(text) {
  const bytes = Buffer.from(text);
  const message = bytes.length > 0 ? Buffer.concat([Buffer.from([0x0a, bytes.length]), bytes]) : bytes;
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

// Field 1 of a message that has one number; fields that are 0 are left out.
function numberIn(message) {
  let number = 0;
  for (let at = 1; at < message.length; ++at) number += (message[at] & 0x7f) * 2 ** (7 * (at - 1));
  return number;
}

async function call(address, method, text) {
  const session = http2.connect(`http://${address}`);
  try {
    return await new Promise((resolve, reject) => {
      session.once('error', reject);
      const stream = session.request({
        ':method': 'POST', ':path': `/tritontube.VideoContentAdminService/${method}`, 'content-type': 'application/grpc', te: 'trailers',
      });
      const chunks = [];
      let status = {};
      stream.once('response', (headers) => { status = headers; });
      stream.once('trailers', (headers) => { status = headers; });
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.once('error', reject);
      stream.once('end', () => {
        if (status['grpc-status'] !== '0') reject(new Error(`${status['grpc-status']} ${status['grpc-message']}`));
        else resolve(Buffer.concat(chunks).subarray(5));
      });
      stream.end(encode(text));
    });
  } finally {
    session.close();
  }
}

// How many files were migrated.
export const addNode = async (admin, node) => numberIn(await call(admin, 'AddNode', node));
export const removeNode = async (admin, node) => numberIn(await call(admin, 'RemoveNode', node));
