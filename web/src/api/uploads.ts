// The server's resumable uploads: made as tus makes them, filled by PUT with Content-Range.
import { parseRanges, type ByteRange, type ByteRanges } from '../upload/byte_ranges';
import { getVideo, request } from './client';
import { ApiError, problemMessage, unreachableMessage } from './problem';

export interface NewUpload {
  readonly fileName: string;
  readonly title: string;
  readonly sizeBytes: number;
}

export interface OpenUpload {
  readonly url: string;
  readonly videoId: string;
}

export interface PutOptions {
  readonly range: ByteRange;
  readonly totalBytes: number;
  readonly onSent: (bytes: number) => void;
  readonly signal: AbortSignal;
}

// An interface, so that what sends files can be tried with a server that fails on demand.
export interface UploadServer {
  create(upload: NewUpload): Promise<OpenUpload>;
  // What is stored already.
  look(url: string): Promise<ByteRanges>;
  // Returns what is stored then.
  put(url: string, bytes: Blob, options: PutOptions): Promise<ByteRanges>;
  remove(url: string): Promise<void>;
  // Whether the video has all of its file.
  isWhole(videoId: string): Promise<boolean>;
}

const uploadsPath = '/api/v1/uploads';
const tusHeaders = { 'Tus-Resumable': '1.0.0' };
// A request is meant to take seconds; one that takes this long is not alive any more.
const putMilliseconds = 120_000;

export const httpUploadServer: UploadServer = {
  async create({ fileName, title, sizeBytes }) {
    const metadata = `filename ${base64(fileName)},title ${base64(title)}`;
    const headers = { ...tusHeaders, 'Upload-Length': String(sizeBytes), 'Upload-Metadata': metadata };
    const response = await request(uploadsPath, { method: 'POST', headers });
    const location = response.headers.get('Location');
    const videoId = response.headers.get('TritonTube-Video');
    if (location === null || videoId === null) throw new ApiError(502, problemMessage(502, ''));
    return { url: new URL(location, response.url).pathname, videoId };
  },

  async look(url) {
    const response = await request(url, { method: 'HEAD', headers: tusHeaders });
    return parseRanges(response.headers.get('Upload-Ranges'));
  },

  // XMLHttpRequest, because fetch() cannot report upload progress.
  put(url, bytes, { range, totalBytes, onSent, signal }) {
    const xhr = new XMLHttpRequest();
    const done = new Promise<ByteRanges>((resolve, reject) => {
      const fail = (message: string) => () => reject(new ApiError(0, message));
      xhr.upload.addEventListener('progress', (event) => onSent(event.loaded));
      xhr.addEventListener('load', () => {
        if (xhr.status === 204) resolve(parseRanges(xhr.getResponseHeader('Upload-Ranges')));
        else reject(new ApiError(xhr.status, problemMessage(xhr.status, xhr.responseText)));
      });
      xhr.addEventListener('error', fail(unreachableMessage));
      xhr.addEventListener('timeout', fail(unreachableMessage));
      xhr.addEventListener('abort', fail('Cancelled.'));
    });
    xhr.open('PUT', url);
    xhr.timeout = putMilliseconds;
    xhr.setRequestHeader('Accept', 'application/json');
    xhr.setRequestHeader('Content-Type', 'application/octet-stream');
    xhr.setRequestHeader('Content-Range', `bytes ${range.begin}-${range.end - 1}/${totalBytes}`);
    signal.addEventListener('abort', () => xhr.abort());
    xhr.send(bytes);
    return done;
  },

  async remove(url) {
    await request(url, { method: 'DELETE', headers: tusHeaders });
  },

  async isWhole(videoId) {
    try {
      return (await getVideo(videoId)).state !== 'uploading';
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  },
};

// Of the text in UTF-8, as tus wants it.
function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
