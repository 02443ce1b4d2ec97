import { Icon } from '../ui/icon';
import { filesHover } from './drop_zone';

export function DropOverlay() {
  if (!filesHover.value) return null;
  return (
    <div class="drop-overlay" aria-hidden="true">
      <div>
        <Icon name="upload" />
        <strong>Drop to upload</strong>
      </div>
    </div>
  );
}
