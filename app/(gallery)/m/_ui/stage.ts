/**
 * The stage: PhotoSwipe's slides and gestures (swipe, pinch, pan and their momentum) under our own controls. It knows
 * no React and nothing of dialogs; it is loaded when a picture is opened.
 */
import PhotoSwipe from "photoswipe";
import "photoswipe/style.css";
import type { Slide } from "../slide.ts";
import { rebuild, renumber, withoutRoles } from "./holders.ts";
import { type Full, originalsOf, previewOf, srcSetOf, topOf } from "./sources.ts";

/** How close one looks: 1 is the whole picture; `full` says what became of the original's own pixels. */
export type Zoom = { factor: number; most: boolean; full?: Full };

export type Stage = {
  /** The pictures in the order of the list, and the one that is shown. */
  show(slides: readonly Slide[], id: string): void;
  zoomBy(factor: number): void;
  fit(): void;
  toggleZoom(): void;
  /** Moves an enlarged picture; false when all of it is seen. */
  pan(x: number, y: number): boolean;
  /** Whether animations move. */
  play(playing: boolean): void;
  close(): void;
};

export type StageOptions = {
  into: HTMLElement;
  slides: readonly Slide[];
  id: string;
  /** Pictures lie from right to left. */
  rtl: boolean;
  playing: boolean;
  still: boolean;
  /** Dragging the picture down closes. */
  closable: boolean;
  unavailable: string;
  /** Answers with the address of a picture's original. */
  original(id: string): string;
  moved(id: string): void;
  zoomed(zoom: Zoom): void;
  tapped(): void;
  touched(): void;
  loaded(id: string): void;
  failed(id: string): void;
  closed(): void;
};

/** Enlarged by so much at the most beyond what there is to see. */
const mostOverFit = 3;
const wheelStep = 0.002;
const lineHeight = 16;
const animationMs = 250;

export function openStage(options: StageOptions): Stage {
  const { into, rtl } = options;
  let slides = rtl ? options.slides.toReversed() : [...options.slides];
  let playing = options.playing;
  let leaving = false;
  let told = "";
  const indexOf = (id: string): number => slides.findIndex((slide) => slide.id === id);

  const pswp = new PhotoSwipe({
    appendToEl: into,
    index: Math.max(0, indexOf(options.id)),
    dataSource: [],
    loop: false,
    // A swipe forwards is the likelier one.
    preload: rtl ? [3, 1] : [1, 3],
    spacing: 0.04,
    bgOpacity: 0,
    showHideAnimationType: "none",
    zoomAnimationDuration: options.still ? 0 : animationMs,
    hideAnimationDuration: 0,
    getViewportSizeFn: () => ({ x: into.clientWidth, y: into.clientHeight }),
    closeOnVerticalDrag: options.closable,
    pinchToClose: options.closable,
    imageClickAction: false,
    bgClickAction: false,
    tapAction: () => options.tapped(),
    doubleTapAction: "zoom",
    // The dialog around it does all that.
    escKey: false,
    arrowKeys: false,
    trapFocus: false,
    returnFocus: false,
    close: false,
    zoom: false,
    counter: false,
    arrowPrev: false,
    arrowNext: false,
    errorMsg: options.unavailable,
    maxZoomLevel: (levels) => {
      const slide = slides[levels.index];
      return Math.max(slide === undefined ? 1 : topOf(slide), levels.fit * mostOverFit);
    },
    secondaryZoomLevel: (levels) => {
      const slide = slides[levels.index];
      return Math.min(Math.max(slide === undefined ? 1 : topOf(slide), levels.fit * 2), levels.fit * 4);
    },
  });

  pswp.addFilter("numItems", () => slides.length);
  pswp.addFilter("itemData", (_, index) => {
    const slide = slides[index];
    if (slide === undefined) return {};
    const { width, height, alt, src } = slide;
    return {
      id: slide.id,
      width,
      height,
      alt,
      src: src === "" ? previewOf(slide) : src,
      ...(slide.sources.length === 0 ? {} : { srcset: srcSetOf(slide) }),
      msrc: previewOf(slide),
    };
  });
  // Not only under the first picture: the list has them all in the browser's cache.
  pswp.addFilter("placeholderSrc", (_, content) => content.data.msrc ?? false);
  // Outside the stage, text must stay selectable while the mouse moves.
  pswp.addFilter("preventPointerEvent", (prevent, event) =>
    event.target instanceof Node && into.contains(event.target) ? prevent : false,
  );

  const current = (): Slide | undefined => slides[pswp.currIndex];
  const elementOf = (): HTMLImageElement | undefined => {
    const element = pswp.currSlide?.content.element;
    return element instanceof HTMLImageElement ? element : undefined;
  };

  function tellZoom(): void {
    const at = pswp.currSlide;
    const slide = current();
    if (at === undefined || slide === undefined) return;
    const full = originals.stateOf(slide.id);
    const factor = Math.round((at.currZoomLevel / at.zoomLevels.initial) * 100) / 100;
    const most = at.currZoomLevel >= at.zoomLevels.max * 0.999;
    // Asked for at every frame of a gesture; only what has changed is told.
    const now = `${factor} ${String(most)} ${full ?? ""}`;
    if (now === told) return;
    told = now;
    options.zoomed({ factor, most, ...(full === undefined ? {} : { full }) });
  }

  const originals = originalsOf({
    looked() {
      const [slide, element] = [current(), elementOf()];
      if (leaving || slide === undefined || element === undefined) return undefined;
      return { slide, level: pswp.currSlide?.currZoomLevel ?? 0, element };
    },
    changed: tellZoom,
    original: options.original,
  });

  /** An animation moves only where it is looked at; the original's pixels leave the memory with the picture. */
  function dress(element: HTMLElement | undefined, slide: Slide | undefined, active: boolean): void {
    if (!(element instanceof HTMLImageElement) || slide === undefined) return;
    if (active && playing && slide.motion !== undefined) {
      if (element.getAttribute("src") === slide.motion) return;
      element.removeAttribute("srcset");
      element.src = slide.motion;
    } else if (!element.hasAttribute("srcset") && slide.sources.length > 0) {
      element.srcset = srcSetOf(slide);
      originals.forget(slide.id);
    }
  }

  pswp.on("slideActivate", ({ slide }) => dress(slide.content.element, slides[slide.index], true));
  pswp.on("slideDeactivate", ({ slide }) => {
    dress(
      slide.content.element,
      slides.find(({ id }) => id === slide.data.id),
      false,
    );
  });
  pswp.on("zoomPanUpdate", () => {
    tellZoom();
    void originals.want();
  });
  pswp.on("change", () => {
    const slide = current();
    if (slide === undefined || leaving) return;
    dress(elementOf(), slide, true);
    options.moved(slide.id);
    tellZoom();
  });
  pswp.on("loadComplete", ({ slide, isError }) => {
    const id: unknown = slide.data.id;
    if (typeof id !== "string") return;
    if (isError === true) options.failed(id);
    else options.loaded(id);
  });
  pswp.on("pointerDown", () => options.touched());
  pswp.on("keydown", (event) => event.preventDefault());
  pswp.on("wheel", (event) => {
    event.preventDefault();
    const { deltaY, deltaMode, clientX, clientY } = event.originalEvent;
    const box = into.getBoundingClientRect();
    const lines = deltaMode === WheelEvent.DOM_DELTA_LINE ? lineHeight : 1;
    const slide = pswp.currSlide;
    slide?.zoomTo(slide.currZoomLevel * 2 ** (-deltaY * lines * wheelStep), {
      x: clientX - box.left,
      y: clientY - box.top,
    });
    options.touched();
  });
  // The stage need not begin where the page begins.
  const place = (): void => {
    const box = into.getBoundingClientRect();
    pswp.offset.x = box.left + window.scrollX;
    pswp.offset.y = box.top + window.scrollY;
  };
  pswp.on("updateScrollOffset", place);
  pswp.on("close", () => {
    if (!leaving) options.closed();
  });
  const onDoubleClick = (event: MouseEvent): void => {
    const box = into.getBoundingClientRect();
    if (pswp.hasMouse)
      pswp.currSlide?.toggleZoom({ x: event.clientX - box.left, y: event.clientY - box.top });
  };
  into.addEventListener("dblclick", onDoubleClick);
  const resized = new ResizeObserver(() => {
    pswp.updateSize();
    place();
  });

  pswp.init();
  place();
  withoutRoles(pswp);
  resized.observe(into);

  const sourceOf = (slide: Slide | undefined): string | undefined =>
    slide && `${slide.id} ${slide.src} ${slide.sources.map(({ url }) => url).join(" ")}`;

  return {
    show(given, id) {
      const before = slides;
      const was = before[pswp.currIndex];
      slides = rtl ? given.toReversed() : [...given];
      const index = indexOf(id);
      if (index === -1 || was === undefined) return;
      const held = [-1, 0, 1].map((n) => before[pswp.currIndex + n]);
      const stays = indexOf(was.id);
      const same =
        stays !== -1 &&
        held.every((slide, n) => slide === undefined || sourceOf(slide) === sourceOf(slides[stays - 1 + n]));
      if (!same) {
        rebuild(pswp, index, slides.length);
        return;
      }
      if (stays !== pswp.currIndex || slides.length !== before.length) renumber(pswp, stays - pswp.currIndex);
      // A new text under the same picture.
      const element = elementOf();
      if (element !== undefined) element.alt = slides[stays]?.alt ?? "";
      if (index !== pswp.currIndex) pswp.goTo(index);
    },
    zoomBy(factor) {
      const slide = pswp.currSlide;
      slide?.zoomTo(slide.currZoomLevel * factor, undefined, options.still ? 0 : animationMs);
      tellZoom();
    },
    fit() {
      const slide = pswp.currSlide;
      slide?.zoomTo(slide.zoomLevels.initial, undefined, options.still ? 0 : animationMs);
      tellZoom();
    },
    toggleZoom() {
      pswp.toggleZoom();
      tellZoom();
    },
    pan(x, y) {
      const slide = pswp.currSlide;
      if (slide === undefined || slide.currZoomLevel <= slide.zoomLevels.fit * 1.001) return false;
      slide.panTo(slide.pan.x - x, slide.pan.y - y);
      return true;
    },
    play(moving) {
      playing = moving;
      dress(elementOf(), current(), true);
    },
    close() {
      leaving = true;
      resized.disconnect();
      into.removeEventListener("dblclick", onDoubleClick);
      pswp.destroy();
    },
  };
}
