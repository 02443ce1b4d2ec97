// localStorage that may be missing, full or forbidden: remembering is a convenience only.

const prefix = 'tritontube.';

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // Private windows and full disks refuse; the page works without.
  }
}
