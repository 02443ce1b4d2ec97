// The page's one connection to /api/v1/events.
//
// Exactly one, because over HTTP/1.1 a browser opens six connections per host and
// the segments need them. A tab that stays hidden gives its connection back.
import type { DeletedVideo, Video } from './types';

export interface EventHandlers {
  readonly onVideo: (video: Video) => void;
  readonly onDeleted: (id: string) => void;
  // Events may have been missed: whatever was fetched has to be fetched again.
  readonly onResync: () => void;
}

const retryDelayMinMs = 1000;
const retryDelayMaxMs = 30_000;
const hiddenGraceMs = 60_000;

export function connectEvents(handlers: EventHandlers): void {
  let source: EventSource | null = null;
  let retryDelayMs = retryDelayMinMs;
  let hiddenTimer: number | undefined;

  const open = () => {
    source ??= listen(handlers, {
      onOpen: () => {
        retryDelayMs = retryDelayMinMs;
      },
      // The browser reconnects after a dropped connection, but not after an
      // error status, such as a proxy gives while the server restarts.
      onGivenUp: () => {
        source = null;
        window.setTimeout(() => !document.hidden && open(), retryDelayMs);
        retryDelayMs = Math.min(retryDelayMs * 2, retryDelayMaxMs);
      },
    });
  };
  const close = () => {
    source?.close();
    source = null;
  };
  document.addEventListener('visibilitychange', () => {
    window.clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = window.setTimeout(close, hiddenGraceMs);
    else open();
  });
  open();
}

interface Lifecycle {
  readonly onOpen: () => void;
  readonly onGivenUp: () => void;
}

function listen(handlers: EventHandlers, lifecycle: Lifecycle): EventSource {
  const source = new EventSource('/api/v1/events');
  source.addEventListener('open', () => {
    lifecycle.onOpen();
    // What changed between the page's first fetch and now was not announced here.
    handlers.onResync();
  });
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) lifecycle.onGivenUp();
  });
  source.addEventListener('video', (event: MessageEvent<string>) => {
    handlers.onVideo(JSON.parse(event.data) as Video);
  });
  source.addEventListener('deleted', (event: MessageEvent<string>) => {
    handlers.onDeleted((JSON.parse(event.data) as DeletedVideo).id);
  });
  source.addEventListener('reset', () => handlers.onResync());
  return source;
}
