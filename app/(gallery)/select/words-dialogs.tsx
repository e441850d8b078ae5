"use client";
import { useId, useState } from "react";
import { Field, TextField } from "#app/_ui/field.tsx";
import type { Visibility } from "#lib/media.ts";
import { w } from "#lib/words/select.ts";
import { FormDialog } from "./dialog.tsx";
import { change } from "./keeper.ts";
import { findTags } from "./send.ts";

const names = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** One's own tags that go on from what is typed after the last comma. */
function TagField({
  label,
  value,
  change: set,
}: {
  label: string;
  value: string;
  change: (value: string) => void;
}) {
  const [found, setFound] = useState<string[]>([]);
  const list = useId();
  const look = (text: string): void => {
    set(text);
    const before = text.slice(0, text.lastIndexOf(",") + 1);
    const last = text.slice(before.length).trim();
    void findTags(last).then(
      // A suggestion replaces the whole text of a field, so it brings what stands before the last comma.
      (tags) => setFound(tags.map(({ name }) => (before === "" ? name : `${before} ${name}`))),
      // Without suggestions the field is as good.
      () => setFound([]),
    );
  };
  return (
    <>
      <Field
        label={label}
        value={value}
        list={list}
        autoComplete="off"
        onFocus={() => look(value)}
        onChange={({ target }) => look(target.value)}
      />
      <datalist id={list}>
        {found.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}

/** Gives tags and takes tags away. */
export function TagsDialog({ close }: { close: () => void }) {
  const [add, setAdd] = useState("");
  const [remove, setRemove] = useState("");
  const wanted = { add: names(add), remove: names(remove) };
  return (
    <FormDialog
      title={w("tagsTitle")}
      hint={w("tagsHint")}
      ready={wanted.add.length + wanted.remove.length > 0}
      close={close}
      submit={() => void change({ kind: "tags", ...wanted }, (count) => w("doneTags", { count }))}
    >
      <TagField label={w("tagsAdd")} value={add} change={setAdd} />
      <TagField label={w("tagsRemove")} value={remove} change={setRemove} />
    </FormDialog>
  );
}

const fields = ["title", "description", "alt"] as const;

/** The same words for all; what is not ticked stays as it is. */
export function TextsDialog({ close }: { close: () => void }) {
  const [texts, setTexts] = useState({ title: "", description: "", alt: "" });
  const [ticked, setTicked] = useState({ title: false, description: false, alt: false });
  const wanted = fields.filter((field) => ticked[field]);
  const write = (field: (typeof fields)[number], text: string): void => {
    setTexts({ ...texts, [field]: text });
    setTicked({ ...ticked, [field]: true });
  };
  return (
    <FormDialog
      title={w("textsTitle")}
      hint={w("textsHint")}
      ready={wanted.length > 0}
      close={close}
      submit={() =>
        void change(
          { kind: "texts", ...Object.fromEntries(wanted.map((field) => [field, texts[field]])) },
          (count) => w("doneTexts", { count }),
        )
      }
    >
      {fields.map((field) => (
        <div key={field} className="grid grid-cols-[auto_1fr] items-start gap-3">
          <input
            type="checkbox"
            aria-label={w("change", { field: w(field) })}
            checked={ticked[field]}
            onChange={({ target }) => setTicked({ ...ticked, [field]: target.checked })}
            className="mt-8 size-5"
          />
          {field === "title" ? (
            <Field
              label={w(field)}
              value={texts[field]}
              maxLength={200}
              autoComplete="off"
              onChange={({ target }) => write(field, target.value)}
            />
          ) : (
            <TextField
              label={w(field)}
              hint={field === "alt" ? w("altHint") : undefined}
              value={texts[field]}
              maxLength={field === "alt" ? 200 : 5000}
              rows={2}
              onChange={({ target }) => write(field, target.value)}
            />
          )}
        </div>
      ))}
    </FormDialog>
  );
}

const visibilityHints = { private: "privateHint", unlisted: "unlistedHint", public: "publicHint" } as const;

/** Who may see them from now on. */
export function VisibilityDialog({
  visibilities,
  close,
}: {
  visibilities: readonly Visibility[];
  close: () => void;
}) {
  const [wanted, setWanted] = useState<Visibility>();
  return (
    <FormDialog
      title={w("visibilityTitle")}
      ready={wanted !== undefined}
      close={close}
      submit={() => {
        if (wanted !== undefined)
          void change({ kind: "visibility", visibility: wanted }, (count) => w("doneVisibility", { count }));
      }}
    >
      <fieldset className="grid gap-1">
        <legend className="sr-only">{w("visibilityTitle")}</legend>
        {visibilities.map((each) => (
          <label
            key={each}
            className="flex min-h-10 cursor-pointer items-start gap-3 rounded-md border border-line px-3 py-2 text-sm hover:bg-raised has-checked:border-accent has-checked:bg-raised"
          >
            <input
              type="radio"
              name="visibility"
              checked={wanted === each}
              onChange={() => setWanted(each)}
              className="mt-0.5 size-4 shrink-0"
            />
            <span>
              <span className="block font-medium">{w(each)}</span>
              <span className="block text-muted">{w(visibilityHints[each])}</span>
            </span>
          </label>
        ))}
      </fieldset>
    </FormDialog>
  );
}

/** Stars, 0 for none. */
export function RatingDialog({ close }: { close: () => void }) {
  const [wanted, setWanted] = useState<number>();
  return (
    <FormDialog
      title={w("ratingTitle")}
      ready={wanted !== undefined}
      close={close}
      submit={() => {
        if (wanted !== undefined)
          void change({ kind: "rating", rating: wanted }, (count) => w("doneRating", { count }));
      }}
    >
      <fieldset className="grid gap-1">
        <legend className="sr-only">{w("ratingTitle")}</legend>
        {[5, 4, 3, 2, 1, 0].map((stars) => (
          <label
            key={stars}
            className="flex min-h-10 cursor-pointer items-center gap-3 rounded-md px-3 text-sm hover:bg-raised"
          >
            <input
              type="radio"
              name="rating"
              checked={wanted === stars}
              onChange={() => setWanted(stars)}
              className="size-4 shrink-0"
            />
            <span className="flex-1">{w("stars", { count: stars })}</span>
            <span aria-hidden="true" className="text-accent">
              {"★".repeat(stars)}
            </span>
          </label>
        ))}
      </fieldset>
    </FormDialog>
  );
}
