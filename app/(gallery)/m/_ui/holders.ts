/**
 * PhotoSwipe's three holders, for a list that grows and shrinks while it is open, which PhotoSwipe does not know. The only
 * place that reaches into what it keeps to itself.
 */
import type PhotoSwipe from "photoswipe";

/** The same pictures are in the three holders: only their numbers have changed. */
export function renumber(pswp: PhotoSwipe, by: number): void {
  pswp.currIndex += by;
  pswp.potentialIndex += by;
  for (const { slide } of pswp.mainScroll.itemHolders) if (slide) slide.index += by;
  for (const content of pswp.contentLoader._cachedItems) content.index += by;
  pswp.mainScroll.itemHolders.forEach((holder, n) => {
    if (holder.slide === undefined) pswp.setContent(holder, pswp.currIndex - 1 + n);
  });
  pswp.contentLoader.updateLazy();
}

/** Other pictures than before, `count` in all: the one at `index` and those beside it are put up anew. */
export function rebuild(pswp: PhotoSwipe, index: number, count: number): void {
  pswp.currIndex = index;
  pswp.potentialIndex = index;
  pswp.contentLoader._cachedItems = [];
  pswp.mainScroll.itemHolders.forEach((holder, n) => {
    if (index - 1 + n < 0 || index - 1 + n >= count) {
      holder.slide?.destroy();
      holder.slide = undefined;
    } else pswp.setContent(holder, index - 1 + n, true);
  });
  pswp.currSlide = pswp.mainScroll.itemHolders[1]?.slide;
  pswp.currSlide?.setIsActive(true);
  pswp.appendHeavy();
  pswp.contentLoader.updateLazy();
  pswp.dispatch("change");
}

/** A picture inside a dialog is not another dialog, and our controls tell what has changed. */
export function withoutRoles(pswp: PhotoSwipe): void {
  pswp.element?.removeAttribute("role");
  pswp.element?.removeAttribute("tabindex");
  pswp.scrollWrap?.removeAttribute("aria-roledescription");
  for (const { el } of pswp.mainScroll.itemHolders) {
    el.removeAttribute("role");
    el.removeAttribute("aria-roledescription");
  }
}
