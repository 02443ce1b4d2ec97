// Shaka's error codes as sentences. Pure; the numbers are shaka.util.Error's.

export interface EngineError {
  readonly severity?: number;
  readonly category?: number;
  readonly code?: number;
  readonly data?: readonly unknown[];
  handled?: boolean;
}

const severityRecoverable = 1;
const categoryNetwork = 1;
const categoryMedia = 3;
const codeBadHttpStatus = 1001;
const codeHttpError = 1002;
const codeTimeout = 1003;
const codeUnplayable = 4032;
const codeLoadInterrupted = 7000;
const codeDestroyed = 7003;

// Null for what the engine gets over by itself, and for our own closing of it.
export function criticalMessage(error: EngineError): string | null {
  if (error.severity === severityRecoverable) return null;
  if (error.code === codeLoadInterrupted || error.code === codeDestroyed) return null;
  return `${sentence(error)}${error.code === undefined ? '' : ` (${error.code})`}`;
}

// What a server that restarts, or a network that is away for a while, looks like.
export function isBrokenConnection({ code, data }: EngineError): boolean {
  if (code === codeHttpError || code === codeTimeout) return true;
  const status = data?.[1];
  return code === codeBadHttpStatus && (status === 502 || status === 503 || status === 504);
}

function sentence(error: EngineError): string {
  if (error.code === codeBadHttpStatus) {
    return error.data?.[1] === 404
      ? 'The files of this video are not on the server any more.'
      : 'The server could not deliver the video.';
  }
  if (error.category === categoryNetwork) return 'The connection to the server was lost.';
  if (error.category === categoryMedia || error.code === codeUnplayable) {
    return 'This browser cannot play the format of this video.';
  }
  return 'Playback stopped because of an error.';
}
