import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

const idleAfterMs = 2500;

export interface AutoHide {
  readonly visible: boolean;
  readonly show: () => void;
  readonly hide: () => void;
}

// Hides the controls when nobody has moved for a while, unless playback is paused, a
// menu is open, or the keyboard is among the controls.
export function useAutoHide(box: HTMLElement, paused: boolean): AutoHide {
  const active = useSignal(true);
  const timer = useRef<number | undefined>(undefined);

  const hide = () => {
    window.clearTimeout(timer.current);
    if (isInUse(box)) show();
    else active.value = false;
  };
  const show = () => {
    window.clearTimeout(timer.current);
    active.value = true;
    timer.current = window.setTimeout(hide, idleAfterMs);
  };
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    // A touch decides by its click whether it shows or hides. It also "leaves" before
    // that click: hiding then would take the button away from under the finger.
    const unlessTouch = (act: () => void) => (event: PointerEvent) => {
      if (event.pointerType !== 'touch') act();
    };
    box.addEventListener('pointermove', unlessTouch(show), { signal });
    box.addEventListener('pointerleave', unlessTouch(hide), { signal });
    box.addEventListener('focusin', show, { signal });
    show();
    return () => {
      controller.abort();
      window.clearTimeout(timer.current);
    };
  }, [box]);

  return { visible: active.value || paused, show, hide };
}

function isInUse(box: HTMLElement): boolean {
  return box.querySelector('[role="menu"], .controls :focus-visible') !== null;
}
