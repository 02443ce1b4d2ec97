// ask.mjs ADDRESS: p50 and p99 of questions to a running server over HTTP, one connection, one after another; and the same
// of a page that asks nothing of the library, for what HTTP and this client take by themselves.
const [address] = process.argv.slice(2);
const rounds = 500;

const questions = [
  ['/healthz', '/healthz'],
  ['list, newest', '/api/v1/videos'],
  ['list, by title', '/api/v1/videos?sort=title'],
  ['search, common', '/api/v1/videos?q=kalolo'],
  ['search, two words', '/api/v1/videos?q=kalo+kalolo'],
  ['search, one letter', '/api/v1/videos?q=k'],
  ['search, in most', '/api/v1/videos?q=kalo'],
  ['search, in most, by title', '/api/v1/videos?q=kalo&sort=title'],
  ['search, common, by title', '/api/v1/videos?q=kalolo&sort=title'],
];

for (const [name, path] of questions) {
  const times = [];
  for (let i = 0; i < rounds; ++i) {
    const begin = performance.now();
    const answer = await fetch(address + path);
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.floor(times.length * share)].toFixed(2).padStart(7);
  console.log(`HTTP ${name.padEnd(25)} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms`);
}
