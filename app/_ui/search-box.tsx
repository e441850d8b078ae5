"use client";
import { type ComponentProps, type ReactNode, useEffect, useRef } from "react";

/** Loaded when the box is used for the first time: no page pays for suggestions before. */
const attach = (box: HTMLInputElement): void => {
  void import("./suggestions.ts").then(({ suggest }) => suggest(box));
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches("input, textarea, select, dialog *"));

/** The one box, a plain form that works without script. `/` leads to it from anywhere on the page. */
export function SearchBox({
  label,
  children,
  ...rest
}: {
  label: string;
  /** A sign in the box, drawn by the server: drawing it here would cost every page its library. */
  children: ReactNode;
} & Omit<ComponentProps<"input">, "children">) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const reach = (event: KeyboardEvent): void => {
      const box = input.current;
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target))
        return;
      // The other box of the page may be the one that is shown.
      if (box === null || box.offsetParent === null) return;
      event.preventDefault();
      box.focus();
      box.select();
    };
    document.addEventListener("keydown", reach);
    // Focused before there was script, it tells nobody.
    if (input.current !== null && document.activeElement === input.current) attach(input.current);
    return () => document.removeEventListener("keydown", reach);
  }, []);
  return (
    <search className="w-full">
      <form action="/search" className="relative flex items-center">
        {children}
        <input
          {...rest}
          ref={input}
          type="search"
          name="q"
          aria-label={label}
          aria-keyshortcuts="/"
          maxLength={400}
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          enterKeyHint="search"
          onFocus={(event) => attach(event.currentTarget)}
          className="min-h-10 w-full rounded-md border border-line bg-surface ps-9 pe-3 text-base text-ink placeholder:text-muted sm:text-sm"
        />
      </form>
    </search>
  );
}
