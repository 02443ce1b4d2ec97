// Turns an RFC 9457 answer into one sentence a person can act on.

interface Problem {
  readonly title?: unknown;
  readonly detail?: unknown;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export const unreachableMessage =
  'The server cannot be reached. Check your connection and try again.';

// A proxy may answer with HTML or nothing at all, so every field is optional.
export function problemMessage(status: number, body: string): string {
  const problem = parseProblem(body);
  if (typeof problem.detail === 'string' && problem.detail) return problem.detail;
  if (typeof problem.title === 'string' && problem.title) return problem.title;
  return fallbackMessage(status);
}

function parseProblem(body: string): Problem {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function fallbackMessage(status: number): string {
  switch (status) {
    case 404:
      return 'This does not exist, or not any more.';
    case 413:
      return 'This file is larger than the server accepts.';
    case 507:
      return 'The server has no room left for this file.';
    default:
      return `The server answered with an error (${status}). Try again in a moment.`;
  }
}
