import type { Metadata } from "next";
import type { ReactNode } from "react";

/** The address is the key: no index may keep it, and no other page may learn it. */
export const metadata: Metadata = { robots: { index: false, follow: false }, referrer: "no-referrer" };

export default function GuestLayout({ children }: { children: ReactNode }) {
  return children;
}
