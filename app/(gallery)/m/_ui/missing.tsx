"use client";
import { X } from "lucide-react";
import { useRouter } from "next/navigation";
import type { ReactNode } from "react";
import { Dialog } from "./dialog.tsx";

/** Over the list, in place of a picture that is no longer there or not for this person. */
export function Missing({ label, close, children }: { label: string; close: string; children: ReactNode }) {
  const router = useRouter();
  return (
    <Dialog label={label} close={() => router.back()}>
      <button
        type="button"
        onClick={() => router.back()}
        aria-label={close}
        className="fixed end-3 top-3 z-10 inline-flex size-11 items-center justify-center rounded-full border border-line bg-surface/90 text-ink hover:bg-raised"
      >
        <X aria-hidden className="size-5" />
      </button>
      {children}
    </Dialog>
  );
}
