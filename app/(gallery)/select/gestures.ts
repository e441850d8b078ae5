/**
 * How pictures are chosen: a lasso drawn by the mouse, a long press and a drag by the finger, and the keyboard. Listens
 * on the document, so that every list of tiles is served, whoever draws it.
 */

import { shownList } from "../_ui/selecting.ts";
import { idOfPath, timeline } from "../href.ts";
import { canTakeBack, store, takeBack } from "./keeper.ts";

const longPressMs = 450;
/** A finger that moves further than this scrolls; a mouse that does draws. */
const slopPx = 8;
/** Near the upper and lower edge of the window the page moves on under a drag. */
const edgePx = 72;
const edgeStepPx = 18;

const linkOf = (target: EventTarget | null): HTMLAnchorElement | undefined =>
  target instanceof Element
    ? (target.closest(".tile")?.querySelector<HTMLAnchorElement>(":scope > a") ?? undefined)
    : undefined;
const idOf = (target: EventTarget | null): string | undefined => {
  const link = linkOf(target);
  return link === undefined ? undefined : idOfPath(link.pathname);
};
const links = (): HTMLAnchorElement[] => [...document.querySelectorAll<HTMLAnchorElement>(".tile > a")];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(textarea|select)$/i.test(target.tagName) ||
    (target instanceof HTMLInputElement && !/^(checkbox|radio|button)$/.test(target.type)));
/** A dialog, or a picture, is over the list. */
const isCovered = (): boolean =>
  document.querySelector("dialog[open]") !== null || location.pathname.startsWith("/m/");

/** Moves the page while a drag is at its edge. Returns what ends it. */
function edgeScroll(at: () => number, moved: () => void): () => void {
  let frame = requestAnimationFrame(function step() {
    const y = at();
    const by = y < edgePx ? -edgeStepPx : y > window.innerHeight - edgePx ? edgeStepPx : 0;
    if (by !== 0) {
      window.scrollBy(0, by);
      moved();
    }
    frame = requestAnimationFrame(step);
  });
  return () => cancelAnimationFrame(frame);
}

/** The click that ends a drag or a long press would open the picture under it, or take it out again. */
function swallowClick(): void {
  const swallow = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  const stop = new AbortController();
  document.addEventListener("click", swallow, { capture: true, once: true, signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
}

type Point = { x: number; y: number };
const onPage = ({ clientX, clientY }: { clientX: number; clientY: number }): Point => ({
  x: clientX + window.scrollX,
  y: clientY + window.scrollY,
});

/** The rectangle a mouse draws; what it touches is chosen as long as it touches it. */
function lasso(start: PointerEvent): void {
  const from = onPage(start);
  let last = start;
  let box: HTMLDivElement | undefined;
  let endScroll = (): void => {};
  const base = store.chosen();
  /** Tiles far away are taken out of the page by windowed lists; what was inside stays inside. */
  const inside = new Set<string>();
  const draw = (): void => {
    const to = onPage(last);
    const [left, top] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
    const [width, height] = [Math.abs(from.x - to.x), Math.abs(from.y - to.y)];
    if (box === undefined) {
      if (Math.max(width, height) < slopPx) return;
      box = document.createElement("div");
      box.className = "lasso";
      document.body.append(box);
      document.documentElement.classList.add("lassoing");
      endScroll = edgeScroll(() => last.clientY, draw);
    }
    box.style.translate = `${left}px ${top}px`;
    box.style.width = `${width}px`;
    box.style.height = `${height}px`;
    for (const link of links()) {
      const area = link.getBoundingClientRect();
      const x = area.left + window.scrollX;
      const y = area.top + window.scrollY;
      const touched = x < left + width && x + area.width > left && y < top + height && y + area.height > top;
      if (touched) inside.add(idOfPath(link.pathname));
      else inside.delete(idOfPath(link.pathname));
    }
    store.replace(base, inside);
  };
  const move = (event: PointerEvent): void => {
    last = event;
    draw();
  };
  const end = (): void => {
    stop.abort();
    endScroll();
    if (box === undefined) return;
    box.remove();
    document.documentElement.classList.remove("lassoing");
    swallowClick();
  };
  const stop = new AbortController();
  const { signal } = stop;
  document.addEventListener("pointermove", move, { signal });
  document.addEventListener("pointerup", end, { signal });
  document.addEventListener("pointercancel", end, { signal });
  // A picture or a link would be dragged away instead.
  document.addEventListener("dragstart", (event) => event.preventDefault(), { signal });
}

/** A lasso begins beside the pictures, or anywhere once something is chosen. In an album one drags what is chosen. */
function beginsLasso(event: PointerEvent): boolean {
  if (event.pointerType !== "mouse" || event.button !== 0 || !(event.target instanceof Element)) return false;
  if (isCovered() || event.target.closest("main") === null) return false;
  if (linkOf(event.target) !== undefined)
    return store.active() && event.target.closest("input, [data-album]") === null;
  // The scrubber is drawn with the mouse as well, and means the years by it.
  const taken = "a, button, input, label, summary, p, h1, h2, h3, form, [role=slider]";
  return event.target.closest(taken) === null;
}

/** A finger that rests chooses; one that then moves chooses all it passes, in the order they are shown. */
function press(first: TouchEvent): void {
  const touch = first.touches[0];
  const id = idOf(first.target);
  if (touch === undefined || id === undefined || first.touches.length > 1) return;
  const from = { x: touch.clientX, y: touch.clientY };
  let last = from;
  let isHeld = false;
  let endScroll = (): void => {};
  const stop = new AbortController();
  const { signal } = stop;
  const extend = (): void => {
    const over = idOf(document.elementFromPoint(last.x, last.y));
    if (over !== undefined) store.range(over, id);
  };
  const timer = setTimeout(() => {
    isHeld = true;
    store.choose(id, false);
    navigator.vibrate?.(10);
    endScroll = edgeScroll(() => last.y, extend);
  }, longPressMs);
  const end = (): void => {
    clearTimeout(timer);
    endScroll();
    stop.abort();
    if (!isHeld) return;
    swallowClick();
  };
  document.addEventListener(
    "touchmove",
    (event) => {
      const moved = event.touches[0];
      if (moved === undefined) return;
      last = { x: moved.clientX, y: moved.clientY };
      if (isHeld) {
        event.preventDefault();
        if (Math.hypot(last.x - from.x, last.y - from.y) > slopPx) extend();
      } else if (Math.hypot(last.x - from.x, last.y - from.y) > slopPx) end();
    },
    { signal, passive: false },
  );
  document.addEventListener("touchend", end, { signal });
  document.addEventListener("touchcancel", end, { signal });
  // The browser's own menu for a pressed link or picture.
  document.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
}

/** The tile an arrow leads to: the next one, or the one most nearly above or below. */
function beside(link: HTMLAnchorElement, key: string): HTMLAnchorElement | undefined {
  const all = links();
  const at = all.indexOf(link);
  const isRtl = getComputedStyle(link).direction === "rtl";
  if (key === "ArrowRight" || key === "ArrowLeft")
    return all[at + ((key === "ArrowRight") === isRtl ? -1 : 1)];
  const here = link.getBoundingClientRect();
  const middle = here.left + here.width / 2;
  const isDown = key === "ArrowDown";
  const candidates = all
    .map((other) => ({ other, area: other.getBoundingClientRect() }))
    .filter(({ area }) => (isDown ? area.top >= here.bottom - 1 : area.bottom <= here.top + 1));
  const row = isDown
    ? Math.min(...candidates.map(({ area }) => area.top))
    : Math.max(...candidates.map(({ area }) => area.top));
  return candidates
    .filter(({ area }) => Math.abs(area.top - row) < 2)
    .sort(
      (a, b) =>
        Math.abs(a.area.left + a.area.width / 2 - middle) - Math.abs(b.area.left + b.area.width / 2 - middle),
    )
    .at(0)?.other;
}

/** Everything in the list; what cannot be described is everything that was loaded. */
export function chooseAll(): void {
  if (/^(timeline|favourites|album\.|search\.)/.test(shownList()?.list ?? timeline)) store.everything();
  else
    store.replace(
      store.chosen(),
      links().map((link) => idOfPath(link.pathname)),
    );
}

function key(event: KeyboardEvent): void {
  if (isTyping(event.target) || isCovered()) return;
  // A list of its own keys moves the focus itself; choosing along the way is done here.
  if (event.defaultPrevented && !event.key.startsWith("Arrow")) return;
  const command = event.ctrlKey || event.metaKey;
  const link = linkOf(event.target);
  if (command && !event.shiftKey && !event.altKey) {
    const letter = event.key.toLowerCase();
    if (letter === "z" && canTakeBack()) {
      event.preventDefault();
      void takeBack();
    } else if (letter === "a" && links().length > 0) {
      event.preventDefault();
      chooseAll();
    }
    return;
  }
  if (command || event.altKey) return;
  if (event.key === "Escape" && store.active()) {
    event.preventDefault();
    store.clear();
  }
  if (link === undefined) return;
  const id = idOfPath(link.pathname);
  const isOnCheckbox = event.target instanceof HTMLInputElement;
  if (event.key === "x" || (event.key === " " && !isOnCheckbox)) {
    event.preventDefault();
    store.choose(id, event.shiftKey);
  } else if (event.shiftKey && event.key.startsWith("Arrow")) extend(event, link);
}

/** Chooses up to wherever the focus goes; a list that moves it by itself may need a moment to bring the picture in. */
function extend(event: KeyboardEvent, link: HTMLAnchorElement): void {
  const id = idOfPath(link.pathname);
  if (!store.has(id)) store.choose(id, false);
  const reached = (): void => {
    const next = idOf(document.activeElement);
    if (next === undefined || next === id) return;
    stop.abort();
    store.range(next, id);
  };
  const stop = new AbortController();
  document.addEventListener("focusin", reached, { signal: stop.signal });
  document.addEventListener("keydown", () => stop.abort(), { signal: stop.signal, capture: true });
  if (event.defaultPrevented) reached();
  else {
    event.preventDefault();
    beside(link, event.key)?.focus();
  }
}

/** Begins to listen; `first` is what made this be loaded, and may be the beginning of something that goes on. */
export function listenToGestures(first: Event | undefined): void {
  document.addEventListener("pointerdown", (event) => {
    if (beginsLasso(event)) lasso(event);
  });
  document.addEventListener("touchstart", press, { passive: true });
  document.addEventListener("keydown", key);
  if (first instanceof KeyboardEvent) key(first);
  else if (window.TouchEvent !== undefined && first instanceof TouchEvent && first.touches.length === 1)
    press(first);
}
