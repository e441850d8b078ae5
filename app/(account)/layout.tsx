import type { Metadata } from "next";
import type { ReactNode } from "react";

/** Set-up and invitation links are secrets; a search engine that saw one would keep it. */
export const metadata: Metadata = { robots: { index: false, follow: false } };

export default function AccountLayout({ children }: { children: ReactNode }) {
  return children;
}
