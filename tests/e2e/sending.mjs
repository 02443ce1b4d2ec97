// Bodies that a server does not want to have.
import net from 'node:net';

// Says that it will send `length` bytes, and sends on until there is an answer. Resolves to that, and how much was sent.
export function sendUntilAnswered(url, length, headers = '') {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, hostname);
    let answer = '';
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024);
    const send = () => {
      while (answer === '' && sent < length && socket.write(piece)) sent += piece.length;
    };
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('drain', send);
    socket.on('data', (chunk) => {
      answer += chunk;
      if (/\r\n\r\n[^]*\}/.test(answer)) {
        socket.destroy();
        resolve({ answer, sent });
      }
    });
    socket.write(`POST /api/v1/videos?title=large HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: ${length}\r\n${headers}\r\n`);
    if (headers === '') send();
  });
}
