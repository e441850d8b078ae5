"use client";
import { ChevronDown } from "lucide-react";
import { type ReactNode, useActionState, useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Field, SelectField, TextField } from "#app/_ui/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { AlbumSort, Visibility } from "#lib/media.ts";
import { w } from "#lib/words/albums.ts";
import {
  bringAlbumBack,
  makeAlbum,
  type Outcome,
  orderAlbum,
  publishMedia,
  removeAlbum,
  saveAlbum,
} from "../actions.ts";

const none: Outcome = {};

function Answer({ outcome, pending }: { outcome: Outcome; pending: boolean }) {
  return (
    <p role="status" className={outcome.done === false ? "text-sm text-danger" : "text-sm text-muted"}>
      {pending ? w("working") : (outcome.message ?? "")}
    </p>
  );
}

/** A disclosure that looks like a button until it is open; works without script. */
function Disclosure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <details className="group rounded-lg border border-line open:col-span-full open:w-full open:bg-surface">
      <summary className="inline-flex min-h-10 w-full cursor-pointer list-none items-center justify-between gap-2 rounded-lg px-4 text-sm font-medium hover:bg-raised">
        {label}
        <ChevronDown aria-hidden className="size-4 group-open:rotate-180" />
      </summary>
      <div className="border-t border-line p-4">
        <div className="grid max-w-xl gap-4">{children}</div>
      </div>
    </details>
  );
}

/** Makes an album, in another one when `parent` is given, and leads there. */
export function NewAlbum({ parent }: { parent?: string }) {
  const [outcome, act, pending] = useActionState(makeAlbum, none);
  return (
    <Disclosure label={w("new")}>
      <form action={act} className="grid gap-3">
        <input type="hidden" name="parent" value={parent ?? ""} />
        <Field label={w("newTitle")} name="title" required maxLength={200} autoComplete="off" />
        <div className="flex items-center gap-3">
          <Button type="submit" variant="primary" disabled={pending}>
            {w("create")}
          </Button>
          <Answer outcome={outcome} pending={pending} />
        </div>
      </form>
    </Disclosure>
  );
}

const hints = { private: "privateHint", unlisted: "unlistedHint", public: "publicHint" } as const;

export type AlbumSettings = {
  id: string;
  title: string;
  description: string;
  visibility: Visibility;
  parentId: string | null;
};

function DeleteForm({ id, title }: { id: string; title: string }) {
  const [outcome, act, pending] = useActionState(removeAlbum, none);
  return (
    <details className="border-t border-line pt-4">
      <summary className="inline-flex min-h-10 cursor-pointer list-none items-center rounded-md px-3 text-sm font-medium text-danger hover:bg-raised">
        {w("delete")}
      </summary>
      <form action={act} className="grid gap-3 px-3 pt-2">
        <input type="hidden" name="id" value={id} />
        <p className="text-sm">{w("deleteSure", { title })}</p>
        <div className="flex items-center gap-3">
          <Button type="submit" variant="danger" disabled={pending}>
            {w("deleteYes")}
          </Button>
          <Answer outcome={outcome} pending={pending} />
        </div>
      </form>
    </details>
  );
}

/** Says that an album was deleted, and brings it back. */
export function BackForm({ changeId, title }: { changeId: string; title: string }) {
  const [outcome, act, pending] = useActionState(bringAlbumBack, none);
  return (
    <form action={act}>
      <input type="hidden" name="id" value={changeId} />
      <Notice
        tone="info"
        action={
          <Button type="submit" size="sm" disabled={pending}>
            {w("undo")}
          </Button>
        }
      >
        {outcome.message ?? w("deleted", { title })}
      </Notice>
    </form>
  );
}

/** Name, description, who may open it, where it lies; and its end. */
export function EditAlbum({
  album,
  visibilities,
  parents,
}: {
  album: AlbumSettings;
  visibilities: readonly Visibility[];
  /** Albums it may lie in. */
  parents: readonly { id: string; title: string }[];
}) {
  const [outcome, act, pending] = useActionState(saveAlbum, none);
  return (
    <Disclosure label={w("edit")}>
      <form action={act} key={JSON.stringify(album)} className="grid gap-4">
        <input type="hidden" name="id" value={album.id} />
        <Field
          label={w("name")}
          name="title"
          required
          maxLength={200}
          defaultValue={album.title}
          autoComplete="off"
        />
        <TextField
          label={w("description")}
          name="description"
          maxLength={5000}
          defaultValue={album.description}
        />
        <fieldset className="grid gap-1">
          <legend className="mb-1 text-sm font-medium">{w("whoSees")}</legend>
          {visibilities.map((each) => (
            <label
              key={each}
              className="flex min-h-10 cursor-pointer items-start gap-3 rounded-md border border-line px-3 py-2 text-sm hover:bg-raised has-checked:border-accent has-checked:bg-raised"
            >
              <input
                type="radio"
                name="visibility"
                value={each}
                defaultChecked={album.visibility === each}
                className="mt-0.5 size-4 shrink-0"
              />
              <span>
                <span className="block font-medium">{w(each)}</span>
                <span className="block text-muted">{w(hints[each])}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <SelectField
          label={w("moveTo")}
          name="parent"
          defaultValue={album.parentId ?? ""}
          options={[
            { value: "", label: w("top") },
            ...parents.map(({ id, title }) => ({ value: id, label: title })),
          ]}
        />
        <div className="flex items-center gap-3">
          <Button type="submit" variant="primary" disabled={pending}>
            {w("save")}
          </Button>
          <Answer outcome={outcome} pending={pending} />
        </div>
      </form>
      <DeleteForm id={album.id} title={album.title} />
    </Disclosure>
  );
}

const sortNames = {
  newest: "newest",
  oldest: "oldest",
  added: "added",
  title: "titleOrder",
  manual: "manual",
} as const;
const sorts = ["oldest", "newest", "added", "title", "manual"] as const satisfies AlbumSort[];

/** In which order the pictures are shown, to everybody. */
export function OrderForm({ id, sort }: { id: string; sort: AlbumSort }) {
  const [outcome, act, pending] = useActionState(orderAlbum, none);
  const form = useRef<HTMLFormElement>(null);
  return (
    <form ref={form} action={act} className="col-span-full flex items-end gap-2 max-sm:*:flex-1">
      <input type="hidden" name="id" value={id} />
      <SelectField
        label={w("order")}
        name="sort"
        key={sort}
        defaultValue={sort}
        onChange={() => form.current?.requestSubmit()}
        options={sorts.map((each) => ({ value: each, label: w(sortNames[each]) }))}
      />
      <noscript>
        <Button type="submit">{w("orderApply")}</Button>
      </noscript>
      <span className={outcome.done === false ? "pb-2" : "sr-only"}>
        <Answer outcome={outcome} pending={pending} />
      </span>
    </form>
  );
}

/** Offers to show the pictures to whoever may open the album. */
export function PublishForm({
  id,
  visibility,
  hidden,
}: {
  id: string;
  visibility: "unlisted" | "public";
  /** How many are shown to fewer people than the album. */
  hidden: number;
}) {
  const [outcome, act, pending] = useActionState(publishMedia, none);
  if (hidden === 0) return <Answer outcome={outcome} pending={pending} />;
  return (
    <form
      action={act}
      className="flex flex-wrap items-center gap-3 rounded-lg border border-line bg-raised px-4 py-3 text-sm"
    >
      <input type="hidden" name="id" value={id} />
      <input type="hidden" name="visibility" value={visibility} />
      <p className="min-w-0 flex-1 basis-48">{w("publishHint", { count: hidden })}</p>
      <Button type="submit" size="sm" disabled={pending}>
        {w("publish")}
      </Button>
      <Answer outcome={outcome} pending={pending} />
    </form>
  );
}
