"use client";
import { useCallback, useEffect, useRef, useState } from "react";
import { w } from "#lib/words/lightbox.ts";
import { changeFavourite, changeRating } from "../actions.ts";
import type { Details } from "../details.ts";
import type { Opened } from "../load.ts";
import { isAble } from "./able.ts";
import { draftOf, useHasDraft } from "./drafts.ts";
import type { Action } from "./forms.tsx";
import type { Deed } from "./keys.ts";
import { usePlace } from "./place.ts";
import { sharePicture } from "./share.ts";
import type { Told } from "./toast.tsx";
import { isTyped } from "./typed.ts";
import { useAddress } from "./use-address.ts";
import { useChanges } from "./use-changes.ts";
import { useDetails } from "./use-details.ts";
import { useFullScreen } from "./use-full-screen.ts";
import { useKept } from "./use-kept.ts";
import { useKeys } from "./use-keys.ts";
import { useSlideshow } from "./use-slideshow.ts";
import { isRtl, useStage, wantsStillness } from "./use-stage.ts";
import { useSteps } from "./use-steps.ts";
import { useVanished } from "./use-vanished.ts";
import { useWalk } from "./use-walk.ts";

const zoomStep = 1.5;
const isWide = (): boolean => matchMedia("(min-width: 64rem)").matches;
const hasRoom = (): boolean => matchMedia("(min-width: 40rem) and (min-height: 32rem)").matches;
const always = (): boolean => true;

export type LightboxProps = {
  /** Behind the link of a share nothing is told, and so nothing missed. */
  opened: Omit<Opened, "since"> & { since?: number };
  /** Over the list it was chosen from, instead of on a page of its own. */
  inDialog: boolean;
  /** The page of the list. */
  back: string;
};

/** Everything that moves and changes while a picture is looked at. */
export function useLightbox({ opened, inDialog, back }: LightboxProps) {
  const { list, since } = opened;
  const place = usePlace();
  const view = useRef<HTMLElement>(null);
  const into = useRef<HTMLDivElement>(null);
  const editing = useRef<HTMLDetailsElement>(null);
  const walked = useWalk(opened.walk, opened.details.id, list);
  const { walk, setWalk, id, setId, at, slide, renew } = walked;
  const [said, setSaid] = useState("");
  const [told, tell] = useState<Told>();
  const typed = useCallback((): boolean => {
    const form = editing.current?.querySelector("form");
    return form instanceof HTMLFormElement && isTyped(new FormData(form));
  }, []);
  const vanishing = useRef<(id: string) => void>(() => undefined);
  const { details, known, failed, again, put } = useDetails(opened.details, id, list, vanishing);
  const { vanish, isGone, isHeld } = useVanished({
    ...{ walk, setWalk, id, setId, list, since, tell, typed, known, put },
  });
  vanishing.current = vanish;
  const [dialog, openDialog] = useState<"help" | "album" | "share">();
  const [bare, setBare] = useState(false);
  const [playing, setPlaying] = useState(false);
  const [rtl, setRtl] = useState(false);
  const [loaded, setLoaded] = useState<ReadonlySet<string>>(new Set());
  const [panel, keepPanel, showPanel] = useKept("tintype:panel", isWide);
  const [strip, keepStrip] = useKept("tintype:strip", hasRoom);
  const [characters, keepCharacters] = useKept("tintype:characters", always);
  // What is said about it stands beside what was typed.
  useEffect(() => {
    if (!isHeld) return;
    showPanel(true);
    // What was done before is not what has just happened.
    tell(undefined);
  }, [isHeld, showPanel]);
  const tellBad = useCallback((text: string): void => tell({ text, bad: true }), []);
  const notFull = useCallback(() => tellBad(w("fullScreenRefused")), [tellBad]);
  const { full, can: canFull, toggle: toggleFull } = useFullScreen(view, notFull);
  const { change, trash, leaveAlbum, bringBack } = useChanges({
    walk,
    setWalk,
    setId,
    known,
    put,
    tell,
    isGone,
  });
  const heading = details?.heading ?? slide?.heading ?? "";

  useEffect(() => {
    setRtl(isRtl());
    // Moves only for people who have not asked for stillness; they can start it themselves.
    setPlaying(!wantsStillness());
  }, []);

  const { goTo, step } = useSteps(walked, { tell, say: setSaid });
  const hasDraft = useHasDraft(id);
  const leftTold = useRef(new Map<string, string>());
  /** A step away from what was typed: it stays with its picture, and that is said once. */
  const leaving = (go: () => boolean): boolean => {
    const draft = typed() && !isHeld ? JSON.stringify(draftOf(id)) : undefined;
    const hasGone = go();
    if (hasGone && draft !== undefined && leftTold.current.get(id) !== draft) {
      leftTold.current.set(id, draft);
      tell({ text: w("draftLeft", { picture: heading }) });
    }
    return hasGone;
  };
  const leaveFor = (to: string): void => {
    leaving(() => {
      goTo(to);
      return true;
    });
  };
  const warned = useRef<string>(undefined);

  // Heard by those who do not see it; a picture that was just opened names itself.
  const first = useRef(true);
  const label = slide === undefined ? "" : slide.alt === heading ? heading : `${heading}. ${slide.alt}`;
  useEffect(() => {
    if (first.current) first.current = false;
    else setSaid(label);
  }, [label]);

  const close = useAddress({
    id,
    heading,
    list,
    openedId: opened.details.id,
    inDialog,
    back,
    find: (wanted) => {
      if (walk.slides.some((one) => one.id === wanted)) setId(wanted);
      else location.reload();
    },
  });

  const slideshow = useSlideshow({
    id,
    ready: loaded.has(id),
    next: () => leaving(() => step(1)),
    ended: () => setSaid(w("slideshowEnded")),
  });
  const renewing = useRef(new Set<string>());
  const { stage, zoom } = useStage(into, {
    slides: walk.slides,
    id,
    list,
    playing,
    closable: inDialog,
    moved: (to) => {
      if (to !== id) leaveFor(to);
    },
    tapped: () => setBare((before) => !before),
    touched: slideshow.stop,
    loaded: (one) => setLoaded((before) => (before.has(one) ? before : new Set([...before, one]))),
    failed: (one) => {
      // once, with fresh addresses from the server; then it says so.
      if (renewing.current.has(one)) return;
      renewing.current.add(one);
      void renew(one);
    },
    closed: close,
  });

  const album = list.startsWith("album.")
    ? details?.albums.find(({ id, mayEdit }) => mayEdit && list === `album.${id}`)?.id
    : undefined;
  const able = (deed: Deed): boolean =>
    (deed !== "share" || place.handsOn) &&
    isAble(deed, {
      ...{ slide, details, zoom },
      staged: stage !== undefined,
      canFull,
      showing: slideshow.running,
      inOwnAlbum: album !== undefined,
      undoable: told?.undo !== undefined,
    });

  const openPanel = (open: boolean): void => {
    // On a phone it covers the picture: opened once is not opened for ever.
    if (isWide()) keepPanel(open);
    else showPanel(open);
    if (open)
      requestAnimationFrame(() => {
        const about = document.getElementById("about-picture");
        if (!isWide()) about?.focus();
        // What somebody left here unfinished is what they look for.
        const unfinished = about?.querySelector("[data-draft]") ?? (typed() ? editing.current : null);
        if (unfinished) unfinished.scrollIntoView({ block: "start" });
        // It would stand where that of another picture was left.
        else if (!isWide()) about?.scrollTo(0, 0);
      });
    if (!open) view.current?.querySelector<HTMLElement>("[aria-controls=about-picture]")?.focus();
  };

  /** By a key or a button; what became of it is told over the picture. */
  const quickly = async (
    action: Action,
    fields: Record<string, string>,
    guess?: (before: Details) => Details,
  ): Promise<void> => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ id, ...fields })) form.set(name, value);
    const outcome = await change(id, action, form, guess);
    if (outcome.done !== true && outcome.message !== "") tellBad(outcome.message ?? "");
  };
  const rate = (rating: number): void => {
    void quickly(changeRating, { rating: String(rating) }, (before) => ({ ...before, rating }));
  };

  const deeds: Record<Deed, (key: string) => void> = {
    next: () => leaving(() => step(1)),
    previous: () => leaving(() => step(-1)),
    close: () => {
      if (panel === true && !isWide()) openPanel(false);
      else if (typed() && warned.current !== id) {
        // Asked once: whoever closes again means it, and finds it here when they come back.
        warned.current = id;
        openPanel(true);
        tell({ text: w("draftAsk"), bad: true });
      } else close();
    },
    zoomIn: () => stage?.zoomBy(zoomStep),
    zoomOut: () => stage?.zoomBy(1 / zoomStep),
    fit: () => stage?.fit(),
    zoom: () => stage?.toggleZoom(),
    play: () => {
      // The player has a button of its own over the picture.
      if (slide?.moving !== undefined) view.current?.querySelector<HTMLElement>("[data-plays]")?.click();
      else if (slide?.motion === undefined) slideshow.stop();
      else setPlaying(!playing);
    },
    slideshow: () => {
      if (slideshow.running) slideshow.stop();
      else slideshow.start();
      setSaid(w(slideshow.running ? "slideshowStopped" : "slideshowStarted"));
    },
    fullScreen: toggleFull,
    info: () => openPanel(panel !== true),
    strip: () => keepStrip(strip !== true),
    favourite: () => {
      const on = details?.favourite !== true;
      void quickly(changeFavourite, { on: on ? "1" : "" }, (before) => ({ ...before, favourite: on }));
    },
    rate: (key) => rate(Number(key)),
    unrate: () => rate(0),
    edit: () => {
      showPanel(true);
      requestAnimationFrame(() => {
        if (editing.current === null) return;
        editing.current.open = true;
        editing.current.querySelector<HTMLElement>("input:not([type=hidden]), textarea")?.focus();
      });
    },
    album: () => openDialog("album"),
    leaveAlbum: () => {
      if (slide !== undefined && album !== undefined) void leaveAlbum(slide, album);
    },
    share: async () => {
      if (details?.mayShare === true) return openDialog("share");
      const answer = await sharePicture(id, heading, details);
      if (answer !== undefined) tell(answer);
    },
    download: () => {
      view.current?.querySelector<HTMLAnchorElement>("a[download]")?.click();
    },
    trash: () => {
      if (slide !== undefined) void trash(slide);
    },
    undo: () => told?.undo?.(),
    help: () => openDialog("help"),
  };
  const act = (deed: Deed, key = ""): void => {
    if (deed !== "slideshow" && deed !== "fullScreen" && deed !== "play") slideshow.stop();
    deeds[deed](key);
  };
  useKeys({
    off: dialog !== undefined,
    rtl,
    withCharacters: characters !== false,
    able,
    act,
    pan: (x, y) => stage?.pan(x, y) ?? false,
  });

  return {
    ...{
      view,
      into,
      editing,
      walk,
      at,
      slide,
      id,
      list,
      details,
      failed,
      again,
      heading,
      change,
      bringBack,
      isHeld,
      stage,
      zoom,
    },
    ...{
      said,
      told,
      tell,
      tellBad,
      dialog,
      openDialog,
      quickly,
      bare,
      playing,
      rtl,
      panel,
      strip,
      characters,
      keepCharacters,
    },
    ...{ full, slideshow, able, act, leaveFor, hasDraft, close, openPanel },
  };
}

export type LightboxState = ReturnType<typeof useLightbox>;
