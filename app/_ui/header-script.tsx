"use client";
import { usePathname, useRouter } from "next/navigation";
import { useEffect } from "react";
import { isCurrent } from "./is-current.ts";

const header = (): HTMLElement | null => document.querySelector(".site-header");
const searchBox = (): HTMLInputElement | null | undefined =>
  header()?.querySelector<HTMLInputElement>("input[type=search]");

/** The link of the header that an event happened on. */
const linkOf = ({ target }: Event): HTMLAnchorElement | null =>
  target instanceof Element ? target.closest<HTMLAnchorElement>(".site-header a") : null;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, textarea, select, dialog *"));

/**
 * What the header does once there is script, for all of it at once: a component for each link and the box would cost every
 * page 4 kB. Links go by the router, and are fetched when somebody comes near them; `/` leads to the box, which gets its
 * suggestions when it is used for the first time; the link of the page one is on is marked.
 */
export function HeaderScript() {
  const router = useRouter();
  const path = usePathname();
  useEffect(() => {
    // The header stays as it was sent while one goes from page to page.
    for (const link of header()?.querySelectorAll<HTMLAnchorElement>("nav a") ?? [])
      if (isCurrent(link.pathname, path)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
  }, [path]);
  useEffect(() => {
    const stop = new AbortController();
    const on = <Name extends keyof DocumentEventMap>(
      name: Name,
      hear: (event: DocumentEventMap[Name]) => void,
    ): void => document.addEventListener(name, hear, { signal: stop.signal });
    const near = (event: Event): void => {
      const link = linkOf(event);
      if (link !== null) router.prefetch(link.pathname);
      if (event.type === "focusin" && event.target === searchBox()) attach();
    };
    on("pointerover", near);
    on("focusin", near);
    on("click", (event) => {
      const link = linkOf(event);
      if (link === null || event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      link.closest<HTMLElement>("[popover]")?.hidePopover();
      router.push(link.pathname);
    });
    on("keydown", (event) => {
      const box = searchBox();
      // On the page of the search the box is the page's own.
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !box?.offsetParent) return;
      if (isTyping(event.target)) return;
      event.preventDefault();
      box.focus();
      box.select();
    });
    // Focused before there was script, it told nobody.
    if (document.activeElement !== null && document.activeElement === searchBox()) attach();
    return () => stop.abort();
  }, [router]);
  return null;
}

/** Loaded when the box is used: no page pays for suggestions before. */
function attach(): void {
  const box = searchBox();
  if (box) void import("./suggestions.ts").then(({ suggest }) => suggest(box));
}
