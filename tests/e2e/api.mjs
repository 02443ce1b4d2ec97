// What a client of the HTTP interface does: upload, wait, look.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const readySecondsMax = 240;
const extrasMilliseconds = 120_000;
// It takes a tenth of a second; this is for a machine that does something else as well.
const refusedSecondsMax = 10;

export async function getVideo(server, id) {
  const answer = await fetch(`${server.url}/api/v1/videos/${id}`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

// POST /api/v1/videos, the way "curl -T" would.
export async function uploadRaw(server, file, title = path.basename(file)) {
  return fetch(`${server.url}/api/v1/videos?title=${encodeURIComponent(title)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: fs.readFileSync(file),
  });
}

// POST /upload, the way a form would.
export async function uploadForm(server, file, { accept = 'application/json', name = path.basename(file) } = {}) {
  const form = new FormData();
  form.set('file', new Blob([fs.readFileSync(file)], { type: 'video/mp4' }), name);
  return fetch(`${server.url}/upload`, { method: 'POST', headers: { accept }, body: form, redirect: 'manual' });
}

// The video that an upload has made.
export async function created(answer) {
  assert.equal(answer.status, 201, await answer.clone().text());
  const video = await answer.json();
  assert.equal(answer.headers.get('location'), `/api/v1/videos/${video.id}`);
  return video;
}

// The events of /api/v1/events as {id, event, data}. Leaving the loop closes the connection.
export async function* events(server, lastEventId) {
  const abort = new AbortController();
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const answer = await fetch(`${server.url}/api/v1/events`, { headers, signal: abort.signal });
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  try {
    yield { event: 'open' };
    let text = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      let end;
      while ((end = text.search(/\r?\n\r?\n/)) >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end).replace(/^\r?\n\r?\n/, '');
        const event = parseEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    abort.abort();
  }
}

function parseEvent(block) {
  const event = { event: 'message', data: '' };
  for (const line of block.split(/\r?\n/)) {
    const found = /^(id|event|data): ?(.*)$/.exec(line);
    if (found?.[1] === 'data') event.data += found[2];
    else if (found) event[found[1]] = found[2];
  }
  return event.data === '' ? null : event;
}

// Waits for `state` by the event stream alone; returns every version of the video that was seen.
export async function waitForState(server, id, state) {
  const seen = [];
  const late = AbortSignal.timeout(readySecondsMax * 1000);
  const gaveUp = new Promise((_, reject) => {
    late.addEventListener('abort', () => {
      const last = JSON.stringify(seen.at(-1));
      reject(new Error(`${id} is not ${state} after ${readySecondsMax} s, but ${last}\n${server.log}`));
    });
  });
  const follow = async () => {
    for await (const { event, data } of events(server)) {
      // Connected: whatever happens from here on is told, so one look is enough.
      if (event === 'open' || event === 'reset') seen.push(await getVideo(server, id));
      else if (event === 'video' && JSON.parse(data).id === id) seen.push(JSON.parse(data));
      else continue;
      const { state: now, error } = seen.at(-1);
      if (now === state) return seen;
      if (now === 'failed') throw new Error(`${id} failed: ${JSON.stringify(error)}\n${server.log}`);
    }
    throw new Error(`the event stream ended\n${server.log}`);
  };
  return Promise.race([follow(), gaveUp]);
}

// Uploads a file and waits until it is ready; returns the video.
export async function publish(server, file, title) {
  const { id } = await created(await uploadRaw(server, file, title));
  return (await waitForState(server, id, 'ready')).at(-1);
}

// Waits for what comes after a video is ready, by the event stream alone; returns the video.
export async function waitFor(server, id, condition) {
  const late = AbortSignal.timeout(extrasMilliseconds);
  for await (const { event, data } of events(server)) {
    if (late.aborted) break;
    const video = event === 'open' || event === 'reset' ? await getVideo(server, id) : event === 'video' ? JSON.parse(data) : null;
    if (video?.id === id && condition(video)) return video;
  }
  throw new Error(`${id} never came to it\n${server.log}`);
}

// Storyboard and loudness come together, in one step behind `ready`.
export const hasExtras = ({ loudness, urls }) => urls.storyboard !== null || loudness !== null;

export async function publishWithExtras(server, file, title) {
  const { id } = await created(await uploadRaw(server, file, title));
  return waitFor(server, id, hasExtras);
}

// Expects an application/problem+json answer that a person can act on; returns it.
export async function problem(answer, status) {
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
  const body = JSON.parse(text);
  assert.equal(body.status, status);
  assert.ok(body.title, 'a problem has a title');
  assert.ok((body.detail ?? body.title).length > 10, `too short to help anybody: ${text}`);
  return body;
}

// Uploads what can never be watched, and expects to be told so: with the answer, or, where that takes a decoder, by a video
// that has failed, which is deleted. Returns the reason.
export async function expectRefused(server, file, title) {
  const start = Date.now();
  const answer = await uploadRaw(server, file, title);
  if (answer.status === 201) {
    const { id } = await answer.json();
    const { error } = (await waitForState(server, id, 'failed')).at(-1);
    assert.ok(error.message.length > 10, error.message);
    assert.equal((await fetch(`${server.url}/content/${id}/manifest.mpd`)).status, 404);
    assert.equal((await fetch(`${server.url}/api/v1/videos/${id}`, { method: 'DELETE' })).status, 204);
    return error.message;
  }
  assert.ok([400, 415, 422].includes(answer.status), `${answer.status}: ${await answer.clone().text()}`);
  const { title: summary, detail = summary } = await problem(answer, answer.status);
  assert.ok(Date.now() - start < refusedSecondsMax * 1000, `refused after ${Date.now() - start} ms`);
  return detail;
}

// Looks until `look` gives something true, which is returned; for what no event tells.
export async function waitUntil(what, look) {
  for (const end = Date.now() + readySecondsMax * 1000; Date.now() < end; ) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${readySecondsMax} s have passed, and not: ${what}`);
}
