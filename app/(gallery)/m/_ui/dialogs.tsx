"use client";
import { lazy, Suspense } from "react";
import { changeAlbum } from "../actions.ts";
import { KeysDialog } from "./keys-dialog.tsx";
import type { LightboxState } from "./use-lightbox.ts";

const AlbumPicker = lazy(async () => ({
  default: (await import("../../select/album-dialog.tsx")).AlbumPicker,
}));
const ShareDialog = lazy(async () => ({ default: (await import("./share-dialog.tsx")).ShareDialog }));

/** What opens over the picture; all but the keys is loaded when it is asked for. */
export function Dialogs({ box }: { box: LightboxState }) {
  const { dialog, details } = box;
  const close = (): void => box.openDialog(undefined);
  if (dialog === "help")
    return (
      <KeysDialog
        able={(deed) => deed === "fit" || deed === "zoomOut" || deed === "undo" || box.able(deed)}
        rtl={box.rtl}
        withCharacters={box.characters !== false}
        setWithCharacters={box.keepCharacters}
        close={close}
      />
    );
  return (
    <Suspense fallback={null}>
      {dialog === "album" ? (
        <AlbumPicker
          close={close}
          tell={box.tellBad}
          choose={({ id }) => box.quickly(changeAlbum, { album: id, on: "1" })}
        />
      ) : null}
      {dialog === "share" && details !== undefined ? (
        <ShareDialog details={details} tell={box.tell} close={close} />
      ) : null}
    </Suspense>
  );
}
