"use client";
import { useCallback, useEffect, useState } from "react";
import { Field } from "#app/_ui/field.tsx";
import { w } from "#lib/words/select.ts";
import { FormDialog } from "./dialog.tsx";
import { change, say } from "./keeper.ts";
import { type AlbumChoice, findAlbums, makeAlbum, Refused } from "./send.ts";

/** Several letters in a row ask once. */
const askAfterMs = 120;

const choice =
  "flex min-h-11 w-full items-center justify-between gap-3 rounded-md border border-line px-3 py-2 text-start text-sm hover:bg-raised";

/** Albums by what is typed: the answer to the last question, not the last answer. */
function useFound(text: string, failed: (error: unknown) => void): AlbumChoice[] | undefined {
  const [found, setFound] = useState<AlbumChoice[]>();
  useEffect(() => {
    let isCurrent = true;
    const timer = setTimeout(() => {
      findAlbums(text).then(
        (albums) => isCurrent && setFound(albums),
        (error: unknown) => isCurrent && failed(error),
      );
    }, askAfterMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [text, failed]);
  return found;
}

const sayFailed = (text: string): void => say({ text, bad: true });

/** Puts what is chosen into an album. */
export function AlbumDialog({ close }: { close: () => void }) {
  return (
    <AlbumPicker
      close={close}
      tell={sayFailed}
      choose={({ id, title }) =>
        void change({ kind: "album", add: id }, (count) => w("doneAdded", { count, album: title }))
      }
    />
  );
}

/** Chooses an album to put pictures into, or makes one on the spot. */
export function AlbumPicker({
  close,
  choose,
  tell,
}: {
  close: () => void;
  choose: (album: { id: string; title: string }) => void;
  /** Says what failed. */
  tell: (text: string) => void;
}) {
  const [text, setText] = useState("");
  const failed = useCallback(
    (error: unknown) => tell(error instanceof Refused ? error.message : w("failed")),
    [tell],
  );
  const found = useFound(text.trim(), failed);
  const title = text.trim();
  const add = (album: { id: string; title: string }): void => {
    close();
    choose(album);
  };
  const make = (): void => {
    makeAlbum(title).then(({ id }) => add({ id, title }), failed);
  };
  const isNew = title !== "" && found?.some((album) => album.title === title) === false;
  return (
    <FormDialog title={w("albumTitle")} close={close}>
      <Field
        label={w("albumSearch")}
        type="search"
        value={text}
        maxLength={200}
        autoComplete="off"
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          // Enter takes what is offered first.
          if (event.key !== "Enter") return;
          event.preventDefault();
          const exact = found?.find((album) => album.title === title);
          if (exact !== undefined) add(exact);
          else if (isNew) make();
        }}
      />
      <ul className="grid max-h-[45vh] grid-cols-[minmax(0,1fr)] gap-1 overflow-y-auto" aria-live="polite">
        {isNew ? (
          <li>
            <button
              type="button"
              onClick={make}
              className={`${choice} border-accent font-medium text-accent`}
            >
              {w("albumNew", { title })}
            </button>
          </li>
        ) : null}
        {found?.map((album) => (
          <li key={album.id}>
            <button type="button" onClick={() => add(album)} className={choice}>
              <span className="min-w-0">
                <span className="block truncate font-medium">{album.title}</span>
                {album.within === undefined ? null : (
                  <span className="block truncate text-muted">{w("albumIn", { album: album.within })}</span>
                )}
              </span>
              <span className="shrink-0 text-muted">{w("albumCount", { count: album.count })}</span>
            </button>
          </li>
        ))}
        {found?.length === 0 && title !== "" ? (
          <li className="px-1 text-sm text-muted">{w("albumNone")}</li>
        ) : null}
      </ul>
    </FormDialog>
  );
}
