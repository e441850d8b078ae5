import { leftEvent } from "../../href.ts";
import type { Place } from "./place.ts";

/** Back in the list, one stands where one has walked to, not where one began. */
export function returnTo(id: string, place: Place): void {
  requestAnimationFrame(() => {
    window.dispatchEvent(new CustomEvent(leftEvent, { detail: id }));
    const tile = [...document.querySelectorAll<HTMLAnchorElement>("main a[href*='/m/']")].find(
      (link) => place.idIn(link.pathname) === id,
    );
    if (tile === undefined) return;
    tile.scrollIntoView({ block: "nearest" });
    tile.focus({ preventScroll: true });
  });
}
