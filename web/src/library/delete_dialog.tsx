import { useEffect, useRef, useState } from 'preact/hooks';
import { messageOf } from '../api/client';
import type { Video } from '../api/types';
import { removeVideo } from '../store/store';

interface DeleteDialogProps {
  readonly video: Video;
  readonly onClose: () => void;
  readonly onDeleted?: () => void;
}

// A modal <dialog>: the browser keeps the focus inside and gives it back afterwards.
export function DeleteDialog({ video, onClose, onDeleted }: DeleteDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);

  const confirm = async () => {
    setBusy(true);
    try {
      await removeVideo(video.id);
      onDeleted?.();
      // Not dialog.close(): the last video takes the whole list off the page with it.
      onClose();
    } catch (reason) {
      setError(messageOf(reason));
      setBusy(false);
    }
  };
  return (
    <dialog class="dialog" ref={dialog} onClose={onClose} aria-labelledby="delete-title">
      <h2 id="delete-title">Delete this video?</h2>
      <p>
        <strong>{video.title}</strong> and all its files will be gone for good.
      </p>
      {error !== null && (
        <p class="error-text" role="alert">
          {error}
        </p>
      )}
      <div class="dialog-buttons">
        <button class="button" type="button" autofocus onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button
          class="button danger"
          type="button"
          disabled={busy}
          data-testid="confirm-delete"
          onClick={() => void confirm()}
        >
          {busy ? 'Deleting …' : 'Delete'}
        </button>
      </div>
    </dialog>
  );
}
