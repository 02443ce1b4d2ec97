import { useState } from 'preact/hooks';
import { deleteCaptions, messageOf, putCaptions } from '../api/client';
import type { Caption, Video } from '../api/types';
import { Dialog } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { languageOfFileName } from './caption_language';

interface CaptionsDialogProps {
  readonly video: Video;
  readonly onClose: () => void;
}

// What there is, with a way to remove it, and a form for more. The event stream
// brings the changed video.
export function CaptionsDialog({ video, onClose }: CaptionsDialogProps) {
  const [error, setError] = useState<string | null>(null);
  const attempt = async (work: Promise<void>) => {
    setError(null);
    await work.catch((reason: unknown) => setError(messageOf(reason)));
  };
  return (
    <Dialog title="Captions" onClose={onClose}>
      {video.captions.length === 0 && <p>This video has no captions yet.</p>}
      <ul class="caption-list">
        {video.captions.map((caption) => (
          <CaptionRow
            key={caption.lang}
            caption={caption}
            onDelete={() => void attempt(deleteCaptions(video.id, caption.lang))}
          />
        ))}
      </ul>
      <CaptionForm onSend={(captions) => attempt(putCaptions(video.id, captions))} />
      {error !== null && (
        <p class="error-text" role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
}

function CaptionRow({ caption, onDelete }: { caption: Caption; onDelete: () => void }) {
  return (
    <li data-testid="caption-row" data-lang={caption.lang}>
      <span>
        {caption.label} <small>{caption.lang}</small>
      </span>
      <button
        class="icon-button"
        type="button"
        aria-label={`Delete captions in ${caption.label}`}
        onClick={onDelete}
      >
        <Icon name="trash" />
      </button>
    </li>
  );
}

interface CaptionFormProps {
  readonly onSend: (captions: { language: string; label: string; file: File }) => Promise<void>;
}

function CaptionForm({ onSend }: CaptionFormProps) {
  const [file, setFile] = useState<File | null>(null);
  const [language, setLanguage] = useState(navigator.language.split('-')[0] ?? 'en');
  const [label, setLabel] = useState('');
  const [busy, setBusy] = useState(false);

  const takeFile = (chosen: File | null) => {
    setFile(chosen);
    const named = chosen && languageOfFileName(chosen.name);
    if (named) setLanguage(named);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (!file) return;
    setBusy(true);
    void onSend({ language, label, file }).then(() => setBusy(false));
  };
  return (
    <form class="form" onSubmit={submit}>
      <label>
        File (WebVTT or SRT)
        <input
          type="file"
          accept=".vtt,.srt,text/vtt,application/x-subrip"
          required
          data-testid="caption-file"
          onChange={(event) => takeFile(event.currentTarget.files?.[0] ?? null)}
        />
      </label>
      <label>
        Language, like en or pt-BR
        <input
          type="text"
          required
          maxLength={35}
          data-testid="caption-language"
          value={language}
          onInput={(event) => setLanguage(event.currentTarget.value)}
        />
      </label>
      <label>
        Name (optional)
        <input
          type="text"
          maxLength={100}
          value={label}
          onInput={(event) => setLabel(event.currentTarget.value)}
        />
      </label>
      <button class="button primary" type="submit" disabled={busy} data-testid="caption-send">
        {busy ? 'Sending …' : 'Add captions'}
      </button>
    </form>
  );
}
