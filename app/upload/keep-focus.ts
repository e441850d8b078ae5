"use client";
import { type RefObject, useEffect } from "react";

/**
 * A button that is gone because its work is done takes the focus with it, and the keyboard would start again at the
 * top of the page. The focus then goes to the row the button was in, or to the whole.
 */
export function useKeepFocus(whole: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = whole.current;
    if (element === null) return;
    let last: { target: Element; row: HTMLElement | null } | undefined;
    const focusin = ({ target }: FocusEvent) => {
      if (target instanceof Element) last = { target, row: target.closest("li") };
    };
    const focusout = ({ relatedTarget }: FocusEvent) => {
      // A click beside everything gives the focus away on purpose. Whether this one did, or the element was taken
      // out of the document, shows only afterwards.
      const { target } = last ?? {};
      if (relatedTarget === null && target !== undefined)
        setTimeout(() => {
          if (last?.target === target && target.isConnected && document.activeElement !== target)
            last = undefined;
        });
    };
    const observer = new MutationObserver(() => {
      if (last === undefined || last.target.isConnected || document.activeElement !== document.body) return;
      const { row } = last;
      last = undefined;
      (row?.isConnected ? row : element).focus({ preventScroll: true });
    });
    element.addEventListener("focusin", focusin);
    element.addEventListener("focusout", focusout);
    observer.observe(element, { childList: true, subtree: true });
    return () => {
      element.removeEventListener("focusin", focusin);
      element.removeEventListener("focusout", focusout);
      observer.disconnect();
    };
  }, [whole]);
}
