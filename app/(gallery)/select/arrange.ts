/**
 * The order of an album by hand: by dragging, by keys, by buttons. The album's page says by an attribute that it may be
 * arranged. Safe in the browser.
 */
import { w } from "#lib/words/select.ts";
import { announceMove, type Move } from "../_ui/use-moves.ts";
import { idOfPath } from "../href.ts";
import { chosenTiles, remember, say, store } from "./keeper.ts";
import { Refused, sendArrange } from "./send.ts";

/** The id of the album that is shown and that the viewer may change. */
export const albumOnPage = (): string | undefined =>
  document.querySelector<HTMLElement>("[data-album]")?.dataset.album;

const tiles = (): HTMLAnchorElement[] => [
  ...document.querySelectorAll<HTMLAnchorElement>("[data-album] .tile > a"),
];
const shownIds = (): string[] => tiles().map((link) => idOfPath(link.pathname));

/** Each behind the one that stands before it now, in order; the first ones before the one that follows them. */
function wayBack(ids: string[]): Move[] {
  const all = shownIds();
  const moved = new Set(ids);
  const first = all.find((id) => !moved.has(id));
  return all.flatMap((id, n): Move[] => {
    if (!moved.has(id) || first === undefined) return [];
    const before = all[n - 1];
    return [
      before === undefined
        ? { ids: [id], target: first, after: false }
        : { ids: [id], target: before, after: true },
    ];
  });
}

/** Puts pictures right before or after another one, here at once and there for good. */
export async function move(albumId: string, ids: string[], target: string, after: boolean): Promise<void> {
  if (ids.length === 0 || ids.includes(target)) return;
  try {
    const { id } = await sendArrange(albumId, { ids, target, after });
    if (id === undefined) return;
    const back = wayBack(ids);
    announceMove({ ids, target, after });
    remember(id, w("doneMoved", { count: ids.length }), back);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    say({ text: error.message, bad: true });
  }
}

/** Moves what is chosen past the picture before or behind it. */
export function moveByOne(albumId: string, by: 1 | -1, ids: string[] = chosenTiles()): void {
  const all = shownIds();
  const moved = new Set(ids);
  const at = all.indexOf((by === 1 ? ids.at(-1) : ids.at(0)) ?? "") + by;
  const target = all[at];
  if (target !== undefined && !moved.has(target)) void move(albumId, ids, target, by === 1);
}

/** The picture that stands for the album in lists. */
export async function makeCover(albumId: string, mediaId: string): Promise<void> {
  const { chooseCover } = await import("../albums/actions.ts");
  const failed = await chooseCover(albumId, mediaId);
  say(failed === undefined ? { text: w("doneCover") } : { text: failed, bad: true });
}

const dragged = "application/x-tintype-media";

/** The tile under a pointer and the half of it that was hit; in right-to-left pages the right half is the first. */
function placeUnder(event: DragEvent): { link: HTMLAnchorElement; after: boolean } | undefined {
  const tile = event.target instanceof Element ? event.target.closest(".tile") : null;
  const link = tile?.querySelector<HTMLAnchorElement>(":scope > a");
  if (link === null || link === undefined) return undefined;
  const area = link.getBoundingClientRect();
  const isRightHalf = event.clientX > area.left + area.width / 2;
  return { link, after: isRightHalf !== (getComputedStyle(link).direction === "rtl") };
}

const unmark = (): void => {
  for (const tile of document.querySelectorAll(".tile[data-drop]")) tile.removeAttribute("data-drop");
};

function drop(event: DragEvent): void {
  const albumId = albumOnPage();
  const id = event.dataTransfer?.getData(dragged);
  const place = placeUnder(event);
  unmark();
  if (albumId === undefined || id === undefined || id === "" || place === undefined) return;
  event.preventDefault();
  // All that is chosen goes along with one of them.
  const ids = store.has(id) ? chosenTiles() : [id];
  void move(albumId, ids, idOfPath(place.link.pathname), place.after);
}

/** Alt and Shift with an arrow move the picture that has the focus, or all that are chosen if it is one of them. */
function key(event: KeyboardEvent): void {
  const albumId = albumOnPage();
  const link = document.activeElement?.closest(".tile")?.querySelector<HTMLAnchorElement>(":scope > a");
  if (albumId === undefined || link === undefined || link === null) return;
  if (!event.altKey || !event.shiftKey || !/^Arrow(Left|Right)$/.test(event.key)) return;
  event.preventDefault();
  const id = idOfPath(link.pathname);
  const isForward = (event.key === "ArrowRight") !== (getComputedStyle(link).direction === "rtl");
  moveByOne(albumId, isForward ? 1 : -1, store.has(id) ? chosenTiles() : [id]);
}

/** Begins to listen, on every page: whether there is an album to arrange is asked when something happens. */
export function listenToArranging(): void {
  document.addEventListener("dragstart", (event) => {
    const link = event.target instanceof Element ? event.target.closest(".tile")?.querySelector("a") : null;
    if (albumOnPage() === undefined || link === null || link === undefined) return;
    event.dataTransfer?.setData(dragged, idOfPath(link.pathname));
    if (event.dataTransfer !== null) event.dataTransfer.effectAllowed = "copyMove";
  });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes(dragged) !== true) return;
    const place = placeUnder(event);
    unmark();
    if (place === undefined) return;
    event.preventDefault();
    place.link.closest(".tile")?.setAttribute("data-drop", place.after ? "after" : "before");
  });
  document.addEventListener("drop", drop);
  document.addEventListener("dragend", unmark);
  document.addEventListener("keydown", key);
}
