"use client";
import Link from "next/link";
import { usePathname } from "next/navigation";

/** Marks itself as current below its own address; the gallery is current at its root only. */
export function NavLink({ href, children }: { href: string; children: string }) {
  const path = usePathname();
  const current = href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
  return (
    <Link
      href={href}
      aria-current={current ? "page" : undefined}
      className="inline-flex min-h-10 items-center rounded-md px-2.5 text-sm font-medium text-muted hover:bg-raised hover:text-ink aria-[current=page]:text-ink sm:px-3"
    >
      {children}
    </Link>
  );
}
