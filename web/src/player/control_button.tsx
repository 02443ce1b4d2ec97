import { Icon, type IconName } from '../ui/icon';

interface ControlButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
  readonly class?: string;
  readonly testId?: string;
}

export function ControlButton(props: ControlButtonProps) {
  return (
    <button
      class={`control-button ${props.class ?? ''}`}
      type="button"
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      data-testid={props.testId}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
