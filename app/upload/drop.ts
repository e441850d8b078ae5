"use client";
import { useEffect, useState } from "react";
import { type Picked, pickFromTransfer } from "./pick.ts";

const holdsFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;

/**
 * Files dropped anywhere on the window or pasted, while the page is open; without `take`, nothing becomes of them. Answers
 * whether files that are wanted hover over it now. Without the handlers the browser would leave the page and show the
 * dropped picture instead.
 */
export function useDrop(take: ((files: AsyncIterable<Picked>) => void) | undefined): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const dragover = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = take === undefined ? "none" : "copy";
      setOver(take !== undefined);
    };
    const dragleave = (event: DragEvent) => {
      // Leaving one element for another inside the window has a related target; leaving the window has none.
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!holdsFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      take?.(pickFromTransfer(event.dataTransfer));
    };
    const paste = (event: ClipboardEvent) => {
      if (event.clipboardData === null || event.clipboardData.files.length === 0) return;
      event.preventDefault();
      take?.(pickFromTransfer(event.clipboardData));
    };
    window.addEventListener("dragover", dragover);
    window.addEventListener("dragleave", dragleave);
    window.addEventListener("drop", drop);
    window.addEventListener("paste", paste);
    return () => {
      window.removeEventListener("dragover", dragover);
      window.removeEventListener("dragleave", dragleave);
      window.removeEventListener("drop", drop);
      window.removeEventListener("paste", paste);
    };
  }, [take]);
  return over;
}
