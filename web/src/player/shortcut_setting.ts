// Single-key shortcuts get in the way of speech input, so they can be switched off
// (WCAG 2.1.4).
import { signal } from '@preact/signals';
import { recall, remember } from '../ui/local_storage';

export const shortcutsEnabled = signal(recall('shortcuts') !== 'off');

export function setShortcutsEnabled(enabled: boolean): void {
  shortcutsEnabled.value = enabled;
  remember('shortcuts', enabled ? 'on' : 'off');
}
