// A dialog: the browser's own, which keeps the focus inside, closes on Escape and gives the focus back.

import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { createPortal } from 'react-dom';

interface Props {
  title: string;
  close: () => void;
  /** Hears every key that is pressed in it. */
  press?: (event: KeyboardEvent) => void;
  children: ReactNode;
}

export function Modal({ title, close, press, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return createPortal(
    <dialog
      ref={dialog}
      className="weft-modal"
      aria-labelledby={heading}
      onClose={close}
      onKeyDown={press}
      // Beside the dialog is its own backdrop.
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div className="weft-modal-body">
        <header>
          <h2 id={heading}>{title}</h2>
          <button type="button" className="weft-icon-button" aria-label="Close" onClick={close}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>,
    document.body,
  );
}
