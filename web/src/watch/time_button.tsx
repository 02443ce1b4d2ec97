import type { ComponentChildren } from 'preact';
import { requestSeek } from '../player/seek_requests';

interface TimeButtonProps {
  readonly seconds: number;
  readonly label: string;
  readonly children: ComponentChildren;
}

// Takes the player to a time.
export function TimeButton({ seconds, label, children }: TimeButtonProps) {
  const go = () => {
    requestSeek(seconds);
    document.querySelector('.stage')?.scrollIntoView({ block: 'nearest', behavior: 'smooth' });
  };
  return (
    <button class="time-button" type="button" aria-label={label} data-testid="time-button" onClick={go}>
      {children}
    </button>
  );
}
