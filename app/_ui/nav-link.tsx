"use client";
import clsx from "clsx";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { isCurrent } from "./is-current.ts";

/** Marks itself as current below its own address. `wide` ones need the room. */
export function NavLink({ href, wide, children }: { href: string; wide?: boolean; children: string }) {
  const current = isCurrent(href, usePathname());
  return (
    <Link
      href={href}
      aria-current={current ? "page" : undefined}
      className={clsx(
        "min-h-10 items-center rounded-md px-2 text-sm font-medium whitespace-nowrap text-muted hover:bg-raised hover:text-ink aria-[current=page]:text-ink sm:px-3",
        wide ? "hidden sm:inline-flex" : "inline-flex",
      )}
    >
      {children}
    </Link>
  );
}
