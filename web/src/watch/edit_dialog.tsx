import { useEffect, useRef, useState } from 'preact/hooks';
import { messageOf, type Editable } from '../api/client';
import { ApiError } from '../api/problem';
import type { Video } from '../api/types';
import { beginEdit, saveEdit } from '../store/store';
import { draftOf, fieldNames, merge, patchOf, type EditDraft } from './edit_draft';

interface EditDialogProps {
  readonly video: Video;
  readonly onClose: () => void;
}

// A modal <dialog>, as for deleting. It is based on what the server has when it opens; what
// others change meanwhile is merged, and only what both have changed is asked about.
export function EditDialog({ video, onClose }: EditDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [base, setBase] = useState<Editable | null>(null);
  const [draft, setDraft] = useState<EditDraft>(draftOf(video));
  const [busy, setBusy] = useState(false);
  const [notice, setNotice] = useState<string | null>(null);

  useEffect(() => {
    dialog.current?.showModal();
    beginEdit(video.id).then(
      (editable) => {
        setBase(editable);
        setDraft(draftOf(editable.video));
      },
      (reason: unknown) => setNotice(messageOf(reason)),
    );
  }, []);

  const save = async (event: Event) => {
    event.preventDefault();
    if (!base || busy) return;
    setBusy(true);
    try {
      await saveEdit(base, patchOf(draftOf(base.video), draft));
      dialog.current?.close();
    } catch (reason) {
      if (reason instanceof ApiError && reason.status === 412) await mergeWithTheirs(base);
      else setNotice(messageOf(reason));
      setBusy(false);
    }
  };

  const mergeWithTheirs = async (old: Editable) => {
    try {
      const theirs = await beginEdit(video.id);
      const merged = merge(draftOf(old.video), draft, draftOf(theirs.video));
      setBase(theirs);
      setDraft(merged.draft);
      setNotice(mergeNotice(merged.conflicts.map((field) => fieldNames[field])));
    } catch (reason) {
      setNotice(messageOf(reason));
    }
  };

  const change = (field: keyof EditDraft) => (event: Event) => {
    const { value } = event.currentTarget as HTMLInputElement | HTMLTextAreaElement;
    setDraft((before) => ({ ...before, [field]: value }));
  };
  return (
    <dialog class="dialog wide" ref={dialog} onClose={onClose} aria-labelledby="edit-title">
      <h2 id="edit-title">Edit details</h2>
      <form class="form" onSubmit={(event) => void save(event)} data-testid="edit-form">
        <label>
          Title
          <input
            name="title"
            value={draft.title}
            maxLength={200}
            required
            autofocus
            onInput={change('title')}
          />
        </label>
        <label>
          Description
          <textarea
            name="description"
            rows={6}
            maxLength={10_000}
            value={draft.description}
            onInput={change('description')}
          />
        </label>
        <label>
          Tags, with commas between them
          <input name="tags" value={draft.tags} onInput={change('tags')} />
        </label>
        {notice !== null && (
          <p class="error-text" role="alert" data-testid="edit-notice">
            {notice}
          </p>
        )}
        <div class="dialog-buttons">
          <button class="button" type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button class="button primary" type="submit" disabled={busy || !base} data-testid="edit-save">
            {busy ? 'Saving …' : 'Save'}
          </button>
        </div>
      </form>
    </dialog>
  );
}

function mergeNotice(conflicts: readonly string[]): string {
  const begin = 'Somebody else has changed this video meanwhile.';
  if (conflicts.length === 0) return `${begin} Their changes and yours are joined: save again.`;
  return `${begin} The ${conflicts.join(' and the ')} here is yours: save again to replace theirs, or cancel to keep it.`;
}
