import type { ReactNode } from "react";
import { currentViewer } from "#app/_session/viewer.ts";
import { settings } from "#lib/env.ts";
import { canUpload } from "#lib/media.ts";
import { Begin } from "./select/begin.tsx";

/** `modal` is the picture opened over the page it was chosen on. */
export default async function GalleryLayout({ children, modal }: { children: ReactNode; modal: ReactNode }) {
  const viewer = await currentViewer();
  return (
    <>
      {children}
      {modal}
      {viewer === undefined ? null : (
        <Begin visibilities={settings().visibilities} mayChange={canUpload(viewer)} />
      )}
    </>
  );
}
