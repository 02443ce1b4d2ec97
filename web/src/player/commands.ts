// Which key does what. Pure; the table is also what the help dialog shows.

export type Command =
  | { readonly kind: SimpleCommand }
  | { readonly kind: 'seekBy'; readonly seconds: number }
  | { readonly kind: 'seekToTenth'; readonly tenth: number }
  | { readonly kind: 'volumeBy'; readonly amount: number }
  | { readonly kind: 'stepFrame'; readonly direction: 1 | -1 }
  | { readonly kind: 'stepRate'; readonly direction: 1 | -1 };

type SimpleCommand =
  | 'togglePlay'
  | 'toggleMute'
  | 'toggleFullscreen'
  | 'toggleCaptions'
  | 'togglePictureInPicture'
  | 'toggleTheatre'
  | 'toggleHelp'
  | 'seekToStart'
  | 'seekToEnd';

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

const commands: Readonly<Record<string, Command>> = {
  ' ': { kind: 'togglePlay' },
  k: { kind: 'togglePlay' },
  j: { kind: 'seekBy', seconds: -10 },
  l: { kind: 'seekBy', seconds: 10 },
  ArrowLeft: { kind: 'seekBy', seconds: -5 },
  ArrowRight: { kind: 'seekBy', seconds: 5 },
  ArrowUp: { kind: 'volumeBy', amount: 0.05 },
  ArrowDown: { kind: 'volumeBy', amount: -0.05 },
  Home: { kind: 'seekToStart' },
  End: { kind: 'seekToEnd' },
  m: { kind: 'toggleMute' },
  f: { kind: 'toggleFullscreen' },
  t: { kind: 'toggleTheatre' },
  i: { kind: 'togglePictureInPicture' },
  c: { kind: 'toggleCaptions' },
  ',': { kind: 'stepFrame', direction: -1 },
  '.': { kind: 'stepFrame', direction: 1 },
  '<': { kind: 'stepRate', direction: -1 },
  '>': { kind: 'stepRate', direction: 1 },
  '?': { kind: 'toggleHelp' },
};

export function commandOf(press: KeyPress): Command | null {
  if (press.ctrlKey || press.altKey || press.metaKey) return null;
  if (/^[0-9]$/.test(press.key)) return { kind: 'seekToTenth', tenth: Number(press.key) };
  return commands[press.key] ?? commands[latinKey(press)] ?? null;
}

// Capital letters, and keyboards whose letters are not Latin: there the key's place
// decides. A Latin letter that means nothing must keep meaning nothing.
function latinKey({ key, code }: KeyPress): string {
  if (/^[A-Z]$/.test(key)) return key.toLowerCase();
  const isForeignLetter = /^\p{L}$/u.test(key) && !/^\p{Script=Latin}$/u.test(key);
  return isForeignLetter ? code.replace(/^Key/, '').toLowerCase() : '';
}

// For the help dialog.
export const shortcutHelp: readonly (readonly [keys: string, what: string])[] = [
  ['k or Space', 'Play or pause'],
  ['j · l', '10 seconds back · forward'],
  ['← · →', '5 seconds back · forward'],
  ['↑ · ↓', 'Louder · quieter'],
  ['m', 'Mute'],
  ['c', 'Captions'],
  ['f · t · i', 'Full screen · wide · picture in picture'],
  ['0 – 9', 'Jump to 0 – 90 %'],
  ['Home · End', 'Beginning · end'],
  [', · .', 'One frame back · forward'],
  ['< · >', 'Slower · faster'],
  ['/', 'Search'],
];
