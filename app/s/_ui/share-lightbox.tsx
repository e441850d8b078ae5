"use client";
import { useMemo } from "react";
import { Lightbox } from "../../(gallery)/m/_ui/lightbox.tsx";
import { PlaceProvider } from "../../(gallery)/m/_ui/place.ts";
import type { SharedOpened } from "../opened.ts";
import { About } from "./about.tsx";
import { placeOf } from "./place.ts";

/** The light box, with nothing in it that changes a picture or leads into the gallery. */
export function ShareLightbox({
  path,
  opened,
  inDialog,
  back,
}: {
  /** Where the share's pages are. */
  path: string;
  opened: SharedOpened;
  inDialog: boolean;
  back: string;
}) {
  const place = useMemo(() => placeOf(path), [path]);
  return (
    <PlaceProvider value={place}>
      <Lightbox opened={opened} inDialog={inDialog} back={back} About={About} />
    </PlaceProvider>
  );
}
