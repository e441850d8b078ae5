import type { ReactNode } from "react";

/** `modal` is the picture opened over the page it was chosen on. */
export default function GalleryLayout({ children, modal }: { children: ReactNode; modal: ReactNode }) {
  return (
    <>
      {children}
      {modal}
    </>
  );
}
