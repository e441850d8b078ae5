"use client";
import clsx from "clsx";
import {
  ArrowLeft,
  Captions,
  Download,
  FolderMinus,
  FolderPlus,
  Heart,
  Info,
  Keyboard,
  type LucideIcon,
  Maximize,
  Minimize,
  Pause,
  Play,
  Presentation,
  Share2,
  Square,
  Trash2,
  X,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { w } from "#lib/words/lightbox.ts";
import type { Details } from "../details.ts";
import type { Slide } from "../slide.ts";
import { type Deed, shortcutsOf } from "./keys.ts";
import { usePlace } from "./place.ts";
import type { Zoom } from "./stage.ts";
import { type Interval, intervals } from "./use-slideshow.ts";

const look =
  "tool inline-flex size-11 shrink-0 items-center justify-center rounded-full text-ink hover:bg-raised " +
  "disabled:opacity-40 aria-pressed:bg-raised -outline-offset-2";

/** A round button that names itself and its key. */
function Tool({
  icon: Icon,
  label,
  deed,
  rtl,
  filled,
  marked,
  className,
  ...rest
}: {
  icon: LucideIcon;
  label: string;
  deed: Deed;
  rtl: boolean;
  filled?: boolean;
  /** A dot: something waits behind it. */
  marked?: boolean;
} & ComponentProps<"button">) {
  return (
    <button
      type="button"
      {...rest}
      aria-label={label}
      title={label}
      aria-keyshortcuts={shortcutsOf(deed, rtl)}
      className={clsx(look, marked && "tool-marked", className)}
    >
      <Icon aria-hidden className="size-5" fill={filled ? "currentColor" : "none"} />
    </button>
  );
}

export type ToolbarProps = {
  slide: Slide | undefined;
  details: Details | undefined;
  heading: string;
  back: string;
  inDialog: boolean;
  rtl: boolean;
  zoom: Zoom;
  /** The stage is there: zooming works. */
  staged: boolean;
  playing: boolean;
  slideshow: { running: boolean; seconds: Interval; setSeconds: (seconds: Interval) => void };
  panelOpen: boolean;
  /** There is script: before that, the buttons would take a press and do nothing. */
  ready: boolean;
  /** Something about the picture is typed and not saved. */
  hasDraft: boolean;
  full: boolean;
  /** The browser can show it on the whole screen. */
  canFull: boolean;
  favourite: boolean | undefined;
  /** The list is an album from which the viewer may take the picture. */
  inOwnAlbum: boolean;
  act: (deed: Deed) => void;
};

/** The way out, what the picture is called, and ways to look at it. */
export function TopBar(props: ToolbarProps) {
  const { slide, heading, back, inDialog, rtl, zoom, staged, slideshow, act } = props;
  return (
    <header className="bar flex items-center gap-1 px-1 py-1">
      {inDialog ? (
        <Tool icon={X} label={w("close")} deed="close" rtl={rtl} onClick={() => act("close")} />
      ) : (
        <a
          href={back}
          aria-label={w("back")}
          title={w("back")}
          aria-keyshortcuts={shortcutsOf("close", rtl)}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            act("close");
          }}
          className={look}
        >
          <ArrowLeft aria-hidden className="size-5 rtl:-scale-x-100" />
        </a>
      )}
      <h1 className="min-w-0 flex-1 truncate px-1 text-sm font-medium" title={heading}>
        <bdi>{heading}</bdi>
      </h1>
      <fieldset disabled={!props.ready} className="needs-script flex items-center">
        {zoom.full === undefined || zoom.factor === 1 ? null : (
          <span className="hidden px-2 text-xs text-muted sm:inline">
            {w(zoom.full === "loading" ? "fullLoading" : zoom.full === "shown" ? "fullShown" : "fullFailed")}
          </span>
        )}
        {slide?.motion === undefined ? null : (
          <Tool
            icon={props.playing ? Pause : Play}
            label={w(props.playing ? "pause" : "play")}
            deed="play"
            rtl={rtl}
            onClick={() => act("play")}
          />
        )}
        <Tool
          icon={ZoomOut}
          label={w("zoomOut")}
          deed="zoomOut"
          rtl={rtl}
          disabled={!staged || zoom.factor <= 1}
          onClick={() => act("zoomOut")}
          className="max-lg:hidden"
        />
        <Tool
          icon={ZoomIn}
          label={w("zoomIn")}
          deed="zoomIn"
          rtl={rtl}
          disabled={!staged || zoom.most}
          onClick={() => act("zoomIn")}
          className="max-lg:hidden"
        />
        {slideshow.running ? (
          <select
            aria-label={w("interval")}
            value={slideshow.seconds}
            onChange={({ target }) => {
              const chosen = intervals.find((seconds) => seconds === Number(target.value));
              if (chosen !== undefined) slideshow.setSeconds(chosen);
            }}
            className="h-9 rounded-md border border-line bg-surface px-2 text-sm text-ink"
          >
            {intervals.map((seconds) => (
              <option key={seconds} value={seconds}>
                {w("intervalSeconds", { n: seconds })}
              </option>
            ))}
          </select>
        ) : null}
        <Tool
          icon={slideshow.running ? Square : Presentation}
          label={w(slideshow.running ? "slideshowStop" : "slideshowStart")}
          deed="slideshow"
          rtl={rtl}
          onClick={() => act("slideshow")}
        />
        {props.canFull ? (
          <Tool
            icon={props.full ? Minimize : Maximize}
            label={w(props.full ? "fullScreenLeave" : "fullScreen")}
            deed="fullScreen"
            rtl={rtl}
            onClick={() => act("fullScreen")}
            className="max-sm:hidden"
          />
        ) : null}
        <Tool
          icon={Keyboard}
          label={w("help")}
          deed="help"
          rtl={rtl}
          onClick={() => act("help")}
          className="max-lg:hidden"
        />
      </fieldset>
    </header>
  );
}

/** What one does with the picture. Beside the others on a wide screen, under the thumb on a phone. */
export function Deeds({ children, ...props }: ToolbarProps & { children?: ReactNode }) {
  const { details, rtl, favourite, act } = props;
  const place = usePlace();
  return (
    <div
      role="toolbar"
      aria-label={w("deeds")}
      className="deeds needs-script flex items-center justify-around gap-1 px-1 py-1 max-sm:gap-0"
    >
      <fieldset disabled={!props.ready} className="contents">
        {favourite === undefined ? null : (
          <Tool
            icon={Heart}
            label={w("favourite")}
            deed="favourite"
            rtl={rtl}
            filled={favourite}
            aria-pressed={favourite}
            onClick={() => act("favourite")}
          />
        )}
        {children}
        {details?.mayCollect === true ? (
          <Tool icon={FolderPlus} label={w("album")} deed="album" rtl={rtl} onClick={() => act("album")} />
        ) : null}
        {props.inOwnAlbum ? (
          <Tool
            icon={FolderMinus}
            label={w("leaveAlbum")}
            deed="leaveAlbum"
            rtl={rtl}
            onClick={() => act("leaveAlbum")}
          />
        ) : null}
        {place.handsOn ? (
          <Tool icon={Share2} label={w("share")} deed="share" rtl={rtl} onClick={() => act("share")} />
        ) : null}
        <Tool
          icon={Download}
          label={w("download")}
          deed="download"
          rtl={rtl}
          disabled={details?.download === undefined}
          onClick={() => act("download")}
        />
        {details?.mayEdit === true ? (
          <Tool icon={Trash2} label={w("trash")} deed="trash" rtl={rtl} onClick={() => act("trash")} />
        ) : null}
        <Tool
          icon={Captions}
          label={w("strip")}
          deed="strip"
          rtl={rtl}
          onClick={() => act("strip")}
          className="max-sm:hidden"
        />
        <Tool
          icon={Info}
          label={w(props.hasDraft && !props.panelOpen ? "infoDraft" : "info")}
          deed="info"
          rtl={rtl}
          aria-expanded={props.panelOpen}
          aria-controls="about-picture"
          onClick={() => act("info")}
          marked={props.hasDraft && !props.panelOpen}
        />
      </fieldset>
    </div>
  );
}
