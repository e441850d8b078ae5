"use client";
import { X } from "lucide-react";
import { useRouter } from "next/navigation";
import { type ReactNode, useLayoutEffect, useRef } from "react";

/** The native dialog keeps the focus inside and gives it back; leaving it is a step back in the history. */
export function Dialog({ label, close, children }: { label: string; close: string; children: ReactNode }) {
  const router = useRouter();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null || element.open) return;
    element.showModal();
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
      onCancel={(event) => {
        event.preventDefault();
        router.back();
      }}
      className="m-0 size-full max-h-none max-w-none overflow-y-auto overscroll-contain bg-page text-ink backdrop:bg-page"
    >
      <button
        type="button"
        onClick={() => router.back()}
        aria-label={close}
        className="fixed top-3 right-3 z-10 inline-flex size-11 items-center justify-center rounded-full border border-line bg-surface/90 text-ink hover:bg-raised"
      >
        <X aria-hidden className="size-5" />
      </button>
      {children}
    </dialog>
  );
}
