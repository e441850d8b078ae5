import clsx from "clsx";
import type { ReactNode } from "react";

const widths = {
  narrow: "mx-auto max-w-xl px-4 py-8 sm:px-6 sm:py-12",
  wide: "mx-auto max-w-7xl px-4 py-6 sm:px-6 sm:py-8",
  full: "px-2 py-4 sm:px-4",
  bare: "",
} as const;

/** The main landmark that the skip link leads to. */
export function Page({
  width = "wide",
  className,
  children,
}: {
  width?: keyof typeof widths;
  className?: string;
  children: ReactNode;
}) {
  return (
    <main id="main" tabIndex={-1} className={clsx("w-full flex-1 outline-none", widths[width], className)}>
      {children}
    </main>
  );
}
