import { percent } from '../text/format';

interface ProgressBarProps {
  readonly fraction: number;
  readonly label: string;
  readonly testId: string;
}

export function ProgressBar({ fraction, label, testId }: ProgressBarProps) {
  const now = Math.floor(Math.min(1, Math.max(0, fraction)) * 100);
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={now}
      aria-valuetext={percent(fraction)}
      data-testid={testId}
    >
      <span style={{ inlineSize: `${fraction * 100}%` }} />
    </div>
  );
}
