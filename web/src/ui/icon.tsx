// Our icons: 24 px outlines drawn with one stroke, so they share one weight.

const paths = {
  auto: 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 3v18M12 8h5M12 12h9M12 16h6',
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  search: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14zM16 16l5 5',
  upload: 'M12 16V4M7 9l5-5l5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3',
  download: 'M12 4v12M7 11l5 5l5-5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3',
  pencil: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warning: 'M12 4L2.5 20h19zM12 10v4.5M12 17.2v.3',
  film: 'M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4M4 14.3h4M16 9.7h4M16 14.3h4',
  note: 'M9 18V5l11-2v13M6.5 15.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5zM17.5 13.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5z',
  retry: 'M20 12a8 8 0 1 1-2.5-5.8M20 3v4.5h-4.5',
  play: 'M8 5v14l11-7z',
  pause: 'M7.5 6h2v12h-2zM14.5 6h2v12h-2z',
  replay: 'M4 12a8 8 0 1 0 2.5-5.8M4 3v4.5h4.5',
  volumeHigh: 'M4 10v4h3l5 4V6l-5 4zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11',
  volumeLow: 'M4 10v4h3l5 4V6l-5 4zM15.5 9a4.2 4.2 0 0 1 0 6',
  volumeOff: 'M4 10v4h3l5 4V6l-5 4zM16 9.5l5 5M21 9.5l-5 5',
  captions: 'M3 6h18v12H3zM10.5 10.5a2 2 0 1 0 0 3M17 10.5a2 2 0 1 0 0 3',
  evenLoudness: 'M4 12h2M8 8v8M12 6v12M16 8v8M20 12h-2M3 20h18M3 4h18',
  share: 'M12 15V4M8 8l4-4l4 4M6 12H5v8h14v-8h-1',
  speed: 'M5 18a9 9 0 1 1 14 0M12 13l4-4',
  pictureInPicture: 'M3 5h18v14H3zM12 12h6v4h-6z',
  fullscreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  fullscreenExit: 'M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10',
} as const;

export type IconName = keyof typeof paths;

// Icons that read better as shapes than as outlines.
const filled: ReadonlySet<IconName> = new Set(['play', 'pause']);

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" data-filled={filled.has(name)}>
      <path d={paths[name]} />
    </svg>
  );
}
