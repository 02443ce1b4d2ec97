// Which failures of an upload pass by themselves, and how long to wait for that. Pure.
import type { ApiError } from '../api/problem';

// No connection at all, a busy or locked upload, a server that restarts or a proxy before it.
const passing: ReadonlySet<number> = new Set([0, 408, 423, 429, 502, 503, 504]);

const delayMinMs = 500;
const delayMaxMs = 15_000;

export function isPassing({ status }: Pick<ApiError, 'status'>): boolean {
  return passing.has(status);
}

// The server has the upload no more: it was removed, was given up, or is over.
export function isGone({ status }: Pick<ApiError, 'status'>): boolean {
  return status === 404 || status === 410;
}

export function retryDelayMs(failuresBefore: number): number {
  return Math.min(delayMaxMs, delayMinMs * 2 ** failuresBefore);
}
