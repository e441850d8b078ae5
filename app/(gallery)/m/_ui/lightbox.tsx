"use client";
import clsx from "clsx";
import type { ComponentProps, ComponentType } from "react";
import { w } from "#lib/words/lightbox.ts";
import { Beside } from "./beside.tsx";
import { Dialog } from "./dialog.tsx";
import { Dialogs } from "./dialogs.tsx";
import { Filmstrip } from "./filmstrip.tsx";
import { VideoPicture } from "./moving.tsx";
import { Panel } from "./panel.tsx";
import { Still } from "./still.tsx";
import { Toast } from "./toast.tsx";
import { Deeds, TopBar } from "./toolbar.tsx";
import { type LightboxProps, useLightbox } from "./use-lightbox.ts";

type Props = LightboxProps & {
  /** What is said of the picture, where that is something else than to its owner. */
  About?: ComponentType<ComponentProps<typeof Panel>>;
};

/** One picture large, with everything about it and the ways to the others: the whole of its own page, and of the dialog over a list. */
export function Lightbox({ About = Panel, ...props }: Props) {
  const box = useLightbox(props);
  const { slide, details, act, slideshow, rtl, walk, at } = box;
  const tools = {
    ...{ slide, details, act, slideshow, rtl },
    heading: box.heading,
    back: props.back,
    inDialog: props.inDialog,
    zoom: box.zoom,
    staged: box.stage !== undefined,
    playing: box.playing,
    panelOpen: box.panel === true,
    ready: box.panel !== undefined,
    hasDraft: box.hasDraft,
    full: box.full,
    canFull: box.able("fullScreen"),
    favourite: details?.favourite,
    inOwnAlbum: box.able("leaveAlbum"),
  };
  const view = (
    <article
      ref={box.view}
      className={clsx("view", box.bare && "view-bare", slideshow.running && "view-running")}
      data-panel={box.panel === undefined ? undefined : box.panel ? "open" : "closed"}
      data-strip={box.strip === undefined ? undefined : box.strip ? "open" : "closed"}
    >
      <TopBar {...tools} />
      <div className="stage">
        {slide === undefined ? null : <Still slide={slide} away={box.stage !== undefined} />}
        <div ref={box.into} className="stage-into" />
        <VideoPicture slide={slide} />
        {slide === undefined ? <p className="p-6 text-center">{w("nothingLeft")}</p> : null}
        <Beside
          previous={walk.slides[at - 1]}
          next={walk.slides[at + 1]}
          list={box.list}
          rtl={rtl}
          step={(by) => act(by === 1 ? "next" : "previous")}
        />
      </div>
      <Filmstrip
        slides={walk.slides}
        at={at}
        list={box.list}
        choose={(id) => {
          slideshow.stop();
          box.leaveFor(id);
        }}
      />
      <Deeds {...tools} />
      <About
        details={details}
        failed={box.failed}
        again={box.again}
        change={box.change}
        editing={box.editing}
        bringBack={box.isHeld ? box.bringBack : undefined}
        close={() => box.openPanel(false)}
      />
      <Toast told={box.told} close={() => box.tell(undefined)} />
      <p role="status" className="sr-only">
        {box.said}
      </p>
      <Dialogs box={box} />
    </article>
  );
  return props.inDialog ? (
    <Dialog label={box.heading} close={() => act("close")}>
      {view}
    </Dialog>
  ) : (
    view
  );
}
