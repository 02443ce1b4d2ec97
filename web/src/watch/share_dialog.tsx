import { useState } from 'preact/hooks';
import type { Video } from '../api/types';
import { Dialog } from '../ui/dialog';
import { embedCode, watchUrl } from './share_links';

interface ShareDialogProps {
  readonly video: Video;
  readonly onClose: () => void;
}

export function ShareDialog({ video, onClose }: ShareDialogProps) {
  return (
    <Dialog title="Share this video" onClose={onClose}>
      <div class="form">
        <Copyable label="Link" text={watchUrl(location.origin, video.id)} testId="share-link" />
        <Copyable
          label="Code for your own page"
          text={embedCode(location.origin, video)}
          testId="share-embed"
        />
      </div>
    </Dialog>
  );
}

interface CopyableProps {
  readonly label: string;
  readonly text: string;
  readonly testId: string;
}

function Copyable({ label, text, testId }: CopyableProps) {
  const [copied, setCopied] = useState(false);
  // Without a secure origin there is no clipboard: then one selects and copies.
  const copy = () => void navigator.clipboard.writeText(text).then(() => setCopied(true));
  return (
    <label>
      {label}
      <textarea
        readOnly
        rows={2}
        data-testid={testId}
        onFocus={(event) => event.currentTarget.select()}
        value={text}
      />
      {'clipboard' in navigator && (
        <button class="button" type="button" onClick={copy}>
          {copied ? 'Copied' : 'Copy'}
        </button>
      )}
    </label>
  );
}
