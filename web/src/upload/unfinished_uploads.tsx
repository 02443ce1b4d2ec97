import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/problem';
import { httpUploadServer } from '../api/uploads';
import { byteSize, percent } from '../text/format';
import { Icon } from '../ui/icon';
import { byteCount } from './byte_ranges';
import type { RememberedUpload } from './remembered';
import { forgetUpload, rememberedUploads } from './remembered_uploads';
import { isGone } from './retry';
import { uploadOf } from './uploads';

// Uploads that this browser began and another page, or an earlier one, has not ended. A page
// may not read a file again by itself: somebody has to choose it.
export function UnfinishedUploads() {
  const unfinished = rememberedUploads.value.filter(({ videoId }) => !uploadOf(videoId));
  if (unfinished.length === 0) return null;
  return (
    <section class="unfinished" aria-labelledby="unfinished-title">
      <h2 id="unfinished-title">Not finished</h2>
      <p class="facts">Choose the same file again, and it goes on where it was.</p>
      <ul class="upload-list">
        {unfinished.map((upload) => (
          <UnfinishedRow key={upload.url} upload={upload} />
        ))}
      </ul>
    </section>
  );
}

function UnfinishedRow({ upload }: { upload: RememberedUpload }) {
  const { name, size, url } = upload;
  const [stored, setStored] = useState<number | null>(null);
  useEffect(() => {
    httpUploadServer.look(url).then(
      (ranges) => setStored(byteCount(ranges)),
      (error: unknown) => error instanceof ApiError && isGone(error) && forgetUpload(upload),
    );
  }, [url]);
  const giveUp = () => {
    forgetUpload(upload);
    // What cannot be removed now expires on the server.
    httpUploadServer.remove(url).catch(() => undefined);
  };
  return (
    <li class="upload-row" data-testid="unfinished-row">
      <div class="upload-name">
        <strong>{name}</strong>
        <span class="facts">
          {stored === null ? byteSize(size) : `${percent(stored / size)} of ${byteSize(size)}`}
        </span>
      </div>
      <button
        class="icon-button"
        type="button"
        aria-label={`Give up ${name}`}
        title="Give up"
        onClick={giveUp}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}
