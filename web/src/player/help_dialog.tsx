import { useEffect, useRef } from 'preact/hooks';
import { shortcutHelp } from './commands';
import type { ScreenModel } from './screen_model';
import { setShortcutsEnabled, shortcutsEnabled } from './shortcut_setting';

export function HelpDialog({ screen }: { screen: ScreenModel }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = screen.helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const close = () => (screen.helpOpen.value = false);
  return (
    <dialog class="dialog" ref={dialog} onClose={close} aria-labelledby="help-title">
      <h2 id="help-title">Keyboard shortcuts</h2>
      <dl class="shortcuts">
        {shortcutHelp.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="checkbox">
        <input
          type="checkbox"
          checked={shortcutsEnabled.value}
          onChange={(event) => setShortcutsEnabled(event.currentTarget.checked)}
        />
        Use these shortcuts
      </label>
      <div class="dialog-buttons">
        <button class="button" type="button" onClick={close}>
          Close
        </button>
      </div>
    </dialog>
  );
}
