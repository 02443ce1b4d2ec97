// A small pop-up menu above its button: arrow keys move, Escape and clicks outside close.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../ui/icon';

export interface MenuItem {
  readonly key: string;
  readonly label: string;
  readonly selected: boolean;
  readonly onSelect: () => void;
  readonly height?: string;
}

interface MenuProps {
  readonly title: string;
  readonly button: string;
  readonly buttonTestId: string;
  readonly itemTestId: string;
  readonly items: readonly MenuItem[];
  // Stands below the items.
  readonly note?: string | undefined;
}

export function Menu(props: MenuProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const close = () => {
    setOpen(false);
    box.current?.querySelector('button')?.focus();
  };
  useEffect(() => (open && box.current ? closeOutside(box.current, setOpen) : undefined), [open]);
  return (
    <div class="menu-box" ref={box}>
      <button
        class="control-button text"
        type="button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={`${props.title}: ${props.button}`}
        title={props.title}
        data-testid={props.buttonTestId}
        onClick={() => setOpen(!open)}
      >
        {props.button}
      </button>
      {open && <MenuList {...props} onClose={close} />}
    </div>
  );
}

function MenuList({ title, items, itemTestId, note, onClose }: MenuProps & { onClose: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!list.current || !handleMenuKey(event.key, list.current, onClose)) return;
    // The player must not seek meanwhile.
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu">
      <div role="menu" aria-label={title} ref={list} onKeyDown={onKeyDown}>
        {items.map((item) => (
          <button
            key={item.key}
            type="button"
            role="menuitemradio"
            aria-checked={item.selected}
            data-testid={itemTestId}
            data-height={item.height}
            onClick={() => {
              item.onSelect();
              onClose();
            }}
          >
            <span class="menu-tick">{item.selected && <Icon name="check" />}</span>
            {item.label}
          </button>
        ))}
      </div>
      {note !== undefined && (
        <p class="menu-note" data-testid="menu-note">
          {note}
        </p>
      )}
    </div>
  );
}

// Returns whether the key was the menu's.
function handleMenuKey(key: string, list: HTMLElement, close: () => void): boolean {
  const items = Array.from(list.querySelectorAll('button'));
  const at = items.findIndex((item) => item === document.activeElement);
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: (at + 1) % items.length,
    ArrowUp: (at - 1 + items.length) % items.length,
    Home: 0,
    End: items.length - 1,
  };
  if (key === 'Escape' || key === 'Tab') close();
  else if (key === ' ' || key === 'Enter') items[at]?.click();
  else if (key in targets) items[targets[key] ?? 0]?.focus();
  else return false;
  return true;
}

function closeOutside(box: HTMLElement, setOpen: (open: boolean) => void): () => void {
  const onPointerDown = (event: PointerEvent) => {
    if (!(event.target instanceof Node) || !box.contains(event.target)) setOpen(false);
  };
  document.addEventListener('pointerdown', onPointerDown);
  return () => document.removeEventListener('pointerdown', onPointerDown);
}
