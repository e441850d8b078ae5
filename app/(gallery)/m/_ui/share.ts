import { w } from "#lib/words/lightbox.ts";
import { pictureHref, timeline } from "../../href.ts";
import type { Details } from "../details.ts";
import type { Told } from "./toast.tsx";

/** Hands the picture's address to the device's own sharing, or copies it. Undefined: the person thought better of it. */
export async function sharePicture(
  id: string,
  heading: string,
  details?: Details,
): Promise<Told | undefined> {
  const url = new URL(pictureHref(id, timeline), location.origin).href;
  const onlyMine = details?.visibility === "private" ? ` ${w("linkPrivate")}` : "";
  if ("share" in navigator && matchMedia("(pointer: coarse)").matches)
    try {
      await navigator.share({ title: heading, url });
      return onlyMine === "" ? undefined : { text: onlyMine.trim() };
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return undefined;
      // What the device cannot share can still be copied.
    }
  try {
    await navigator.clipboard.writeText(url);
    return { text: `${w("linkCopied")}${onlyMine}` };
  } catch {
    return { text: `${w("linkCopyFailed")} ${url}`, bad: true };
  }
}
