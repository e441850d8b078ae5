import type { Metadata } from "next";
import type { ReactNode } from "react";
import "../share.css";

/** The address is the key: no index may keep it, and no other page may learn it. */
export const metadata: Metadata = { robots: { index: false, follow: false }, referrer: "no-referrer" };

/** `modal` is the picture opened over the list it was chosen from. */
export default function ShareLayout({ children, modal }: { children: ReactNode; modal: ReactNode }) {
  return (
    <div className="shared contents">
      {children}
      {modal}
    </div>
  );
}
