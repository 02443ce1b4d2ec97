import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon';

interface MessageProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ComponentChildren;
}

// A page with nothing to show says so, and what to do about it.
export function Message({ icon, title, children }: MessageProps) {
  return (
    <section class="message">
      <span class="message-icon">
        <Icon name={icon} />
      </span>
      <h1>{title}</h1>
      {children}
    </section>
  );
}
