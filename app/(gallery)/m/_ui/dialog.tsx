"use client";
import { type ReactNode, useLayoutEffect, useRef } from "react";

/** The native dialog keeps the focus inside and gives it back; leaving it is a step back in the history. */
export function Dialog({
  label,
  close,
  children,
}: {
  label: string;
  close: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null || element.open) return;
    element.showModal();
    // Not on its first button: the space bar would press that instead of what it means to a picture.
    element.focus();
    // The page behind would scroll under the fingers otherwise.
    const { overflow } = document.documentElement.style;
    document.documentElement.style.overflow = "hidden";
    return () => {
      document.documentElement.style.overflow = overflow;
      element.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      className="m-0 size-full max-h-none max-w-none overflow-y-auto overscroll-contain bg-page text-ink outline-none backdrop:bg-page"
    >
      {children}
    </dialog>
  );
}
