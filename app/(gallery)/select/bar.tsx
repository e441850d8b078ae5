"use client";
import {
  ArrowLeft,
  ArrowRight,
  CalendarClock,
  CheckCheck,
  Download,
  Eye,
  FolderMinus,
  FolderPlus,
  Heart,
  HeartOff,
  Image,
  LoaderCircle,
  Share2,
  Star,
  Tag,
  Trash2,
  Type,
  X,
} from "lucide-react";
import { usePathname, useRouter } from "next/navigation";
import { type ComponentType, lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { downloadSizes } from "#lib/downloads/shapes.ts";
import type { Visibility } from "#lib/media.ts";
import { w } from "#lib/words/select.ts";
import { keepSelection } from "../_ui/selecting.ts";
import { chosenKey } from "../shares/chosen-key.ts";
import { albumOnPage, listenToArranging, makeCover, moveByOne } from "./arrange.ts";
import { chooseAll, listenToGestures } from "./gestures.ts";
import { change, type Kept, kept, listen, onRefresh, say, store, takeBack } from "./keeper.ts";
import "./select.css";

const DownloadDialog = lazy(async () => ({
  default: (await import("#app/downloads/dialog.tsx")).DownloadDialog,
}));
const DateDialog = lazy(async () => ({ default: (await import("./date-dialog.tsx")).DateDialog }));
const AlbumDialog = lazy(async () => ({ default: (await import("./album-dialog.tsx")).AlbumDialog }));
const wordsDialogs = () => import("./words-dialogs.tsx");
const TagsDialog = lazy(async () => ({ default: (await wordsDialogs()).TagsDialog }));
const TextsDialog = lazy(async () => ({ default: (await wordsDialogs()).TextsDialog }));
const RatingDialog = lazy(async () => ({ default: (await wordsDialogs()).RatingDialog }));
const VisibilityDialog = lazy(async () => ({ default: (await wordsDialogs()).VisibilityDialog }));

/** Makes tiles choosable and listens to the mouse, the finger and the keyboard; called once. */
export function begin(first: Event | undefined): void {
  keepSelection(store);
  listenToGestures(first);
  listenToArranging();
}

type Opened = "download" | "date" | "album" | "tags" | "texts" | "rating" | "visibility";
type Icon = ComponentType<{ className?: string; "aria-hidden"?: boolean }>;

function Tool({
  icon: Icon,
  label,
  act,
  mirrored = false,
}: {
  icon: Icon;
  label: string;
  act: () => void;
  /** It points along the line. */
  mirrored?: boolean;
}) {
  return (
    <li>
      <button
        type="button"
        onClick={act}
        title={label}
        aria-label={label}
        className="inline-flex size-10 items-center justify-center rounded-md hover:bg-raised"
      >
        <Icon aria-hidden className={mirrored ? "size-5 rtl:-scale-x-100" : "size-5"} />
      </button>
    </li>
  );
}

function ChangeTools({ open }: { open: (which: Opened) => void }) {
  return (
    <>
      <Tool icon={Tag} label={w("tags")} act={() => open("tags")} />
      <Tool icon={CalendarClock} label={w("date")} act={() => open("date")} />
      <Tool icon={Eye} label={w("visibility")} act={() => open("visibility")} />
      <Tool icon={Type} label={w("texts")} act={() => open("texts")} />
      <Tool icon={Star} label={w("rating")} act={() => open("rating")} />
    </>
  );
}

/** In an album that the viewer may change. */
function AlbumTools({ id, single }: { id: string; single: string | undefined }) {
  return (
    <>
      <Tool mirrored icon={ArrowLeft} label={w("earlier")} act={() => moveByOne(id, -1)} />
      <Tool mirrored icon={ArrowRight} label={w("later")} act={() => moveByOne(id, 1)} />
      {single === undefined ? null : (
        <Tool icon={Image} label={w("cover")} act={() => void makeCover(id, single)} />
      )}
      <Tool
        icon={FolderMinus}
        label={w("leave")}
        act={() =>
          void change({ kind: "album", remove: id }, (count) => w("doneRemoved", { count }), { leaves: true })
        }
      />
    </>
  );
}

/** What one does most comes first: on a telephone the rest is reached by moving the row. */
function Tools({ now, mayChange, open }: { now: Kept; mayChange: boolean; open: (which: Opened) => void }) {
  const router = useRouter();
  const share = (): void => {
    sessionStorage.setItem(chosenKey, JSON.stringify({ selection: store.described(), count: now.count }));
    router.push("/shares/new");
  };
  const album = albumOnPage();
  const inFavourites = now.chosen.list === "favourites";
  const [single] = now.chosen.ids;
  return (
    <ul className="selection-tools flex flex-1 items-center overflow-x-auto">
      {inFavourites ? null : (
        <Tool
          icon={Heart}
          label={w("favourite")}
          act={() => void change({ kind: "favourite", on: true }, (count) => w("doneFavourite", { count }))}
        />
      )}
      {mayChange ? <Tool icon={FolderPlus} label={w("album")} act={() => open("album")} /> : null}
      {mayChange ? <Tool icon={Share2} label={w("share")} act={share} /> : null}
      <Tool icon={Download} label={w("download")} act={() => open("download")} />
      {mayChange ? (
        <Tool
          icon={Trash2}
          label={w("trash")}
          act={() => void change({ kind: "trash" }, (count) => w("doneTrash", { count }), { leaves: true })}
        />
      ) : null}
      {now.chosen.all ? null : <Tool icon={CheckCheck} label={w("all")} act={chooseAll} />}
      {mayChange ? <ChangeTools open={open} /> : null}
      {mayChange && album !== undefined && now.chosen.list === `album.${album}` ? (
        <AlbumTools id={album} single={now.count === 1 ? single : undefined} />
      ) : null}
      <Tool
        icon={HeartOff}
        label={w("unfavourite")}
        act={() =>
          void change({ kind: "favourite", on: false }, (count) => w("doneUnfavourite", { count }), {
            leaves: inFavourites,
          })
        }
      />
    </ul>
  );
}

function Dialogs({
  opened,
  visibilities,
  close,
}: {
  opened: Opened | undefined;
  visibilities: readonly Visibility[];
  close: () => void;
}) {
  return (
    <Suspense fallback={null}>
      {opened === "download" ? (
        <DownloadDialog
          what={{ path: "/api/downloads", ask: { of: { selection: store.described() } } }}
          name={w("downloadName")}
          sizes={downloadSizes}
          counted={false}
          close={close}
        />
      ) : null}
      {opened === "date" ? <DateDialog close={close} /> : null}
      {opened === "album" ? <AlbumDialog close={close} /> : null}
      {opened === "tags" ? <TagsDialog close={close} /> : null}
      {opened === "texts" ? <TextsDialog close={close} /> : null}
      {opened === "rating" ? <RatingDialog close={close} /> : null}
      {opened === "visibility" ? <VisibilityDialog visibilities={visibilities} close={close} /> : null}
    </Suspense>
  );
}

const howMany = ({ count, chosen }: Kept): string =>
  count === undefined ? w(chosen.all ? "everything" : "some") : w("count", { count });

/** What happened, read out, and the way back from it for as long as it stands there. */
function Toast({ now }: { now: Kept }) {
  const { said } = now;
  return (
    <div role="status" className="pointer-events-auto">
      {said === undefined ? null : (
        <div
          className={`flex items-center gap-2 rounded-lg border border-line bg-surface py-1.5 ps-4 pe-1.5 text-sm shadow-xl ${said.bad ? "text-danger" : "text-ink"}`}
        >
          {said.running === true ? (
            <LoaderCircle aria-hidden className="size-4 shrink-0 animate-spin text-muted" />
          ) : null}
          <span className="flex-1 py-1.5 text-pretty">{said.text}</span>
          {said.undo === undefined ? null : (
            <button
              type="button"
              disabled={now.busy}
              onClick={() => void takeBack(said.undo)}
              className="min-h-9 rounded-md px-3 font-semibold text-accent hover:bg-raised"
            >
              {w("undo")}
            </button>
          )}
          {said.running === true ? null : (
            <button
              type="button"
              aria-label={w("dismiss")}
              onClick={() => say(undefined)}
              className="inline-flex size-9 shrink-0 items-center justify-center rounded-md text-muted hover:bg-raised"
            >
              <X aria-hidden className="size-4" />
            </button>
          )}
        </div>
      )}
    </div>
  );
}

/** Whoever goes on to another list leaves the selection behind; a picture that is looked at lies over the same one. */
function useClearedElsewhere(): void {
  const path = usePathname();
  const chosenOn = useRef(path);
  useEffect(() => {
    if (path.startsWith("/m/") || path === chosenOn.current) return;
    chosenOn.current = path;
    store.clear();
  }, [path]);
}

/** What is chosen, and what can be done with it; at the lower edge, where a thumb reaches it. */
export function SelectionBar({
  visibilities,
  mayChange,
}: {
  visibilities: readonly Visibility[];
  mayChange: boolean;
}) {
  const now = useSyncExternalStore(listen, kept);
  const [opened, setOpened] = useState<Opened>();
  const router = useRouter();
  useEffect(() => onRefresh(() => router.refresh()), [router]);
  useClearedElsewhere();
  const isActive = store.active();
  return (
    <>
      <div className="selection-dock">
        <Toast now={now} />
        <section
          aria-label={w("toolbar")}
          hidden={!isActive}
          aria-busy={now.busy}
          className="pointer-events-auto flex max-w-full items-center gap-1 rounded-xl border border-line bg-surface p-1 text-ink shadow-xl"
        >
          <button
            type="button"
            aria-label={w("clear")}
            title={w("clear")}
            onClick={() => store.clear()}
            className="inline-flex size-10 shrink-0 items-center justify-center rounded-md hover:bg-raised"
          >
            <X aria-hidden className="size-5" />
          </button>
          <p role="status" className="shrink-0 pe-1 text-sm font-medium tabular-nums">
            {isActive ? howMany(now) : ""}
          </p>
          <Tools now={now} mayChange={mayChange} open={setOpened} />
        </section>
      </div>
      <Dialogs opened={opened} visibilities={visibilities} close={() => setOpened(undefined)} />
    </>
  );
}
