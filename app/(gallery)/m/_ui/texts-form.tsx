"use client";
import { ChevronDown } from "lucide-react";
import { type RefObject, useEffect, useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Field, TextField } from "#app/_ui/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { limits } from "#lib/media.ts";
import { w } from "#lib/words/lightbox.ts";
import { w as media } from "#lib/words/media.ts";
import { changeTexts, type Outcome } from "../actions.ts";
import type { Details } from "../details.ts";
import { Answer, type BringBack, type Change, none, useForm } from "./forms.tsx";
import { type Said, saidOf, type TextName, type Typed, textNames } from "./texts.ts";
import { useTexts } from "./use-texts.ts";

const titleOf = (form: FormData, name: string): string => String(form.get(name) ?? "").trim();

/** What it says by now, elsewhere written while somebody typed here, and what becomes of it. */
function Elsewhere({
  name,
  typed,
  decide,
}: {
  name: TextName;
  typed: Typed | undefined;
  decide: (name: TextName, keep: boolean) => void;
}) {
  const now = typed?.elsewhere;
  if (now === undefined) return null;
  // Of tags only what was added or taken away here is written: there is nothing to write over.
  const mayKeep = name !== "tags";
  const shown = name === "taken" ? now.replace("T", " ") : now;
  return (
    <div data-elsewhere={name} className="-mt-2 grid gap-2 rounded-md bg-raised p-3 text-sm">
      <p role="status" className="min-w-0 break-words whitespace-pre-line">
        {w(now === "" ? "elsewhereEmpty" : mayKeep ? "elsewhere" : "elsewhereTags", { now: shown })}
      </p>
      <div className="needs-script flex flex-wrap gap-2">
        {mayKeep ? (
          <Button size="sm" onClick={() => decide(name, true)}>
            {w("elsewhereKeep")}
          </Button>
        ) : null}
        <Button size="sm" onClick={() => decide(name, false)}>
          {w("elsewhereTake")}
        </Button>
      </div>
      {mayKeep ? <p className="no-script">{w("elsewhereAgain")}</p> : null}
    </div>
  );
}

/** Title, description, alternative text, tags, place and date, written at one go. */
export function TextsForm({
  details,
  change,
  editing,
  bringBack,
}: {
  details: Details;
  change: Change;
  editing: RefObject<HTMLDetailsElement | null>;
  bringBack: BringBack | undefined;
}) {
  const form = useRef<HTMLFormElement>(null);
  const wrote = useRef<(sent: Said, now: Said) => void>(undefined);
  const send = async (before: Outcome, sent: FormData): Promise<Outcome> => {
    const back = bringBack === undefined || !sent.has("held") ? undefined : await bringBack(details.id);
    if (back !== undefined && back.done !== true) return back;
    sent.delete("held");
    const outcome = await changeTexts(before, sent);
    if (outcome.done === true) {
      const texts: Said = Object.fromEntries(textNames.map((name) => [name, String(sent.get(name) ?? "")]));
      wrote.current?.(texts, outcome.details === undefined ? texts : saidOf(outcome.details));
    }
    return outcome;
  };
  const { act, onSubmit, pending, outcome, plain } = useForm(
    details.id,
    changeTexts,
    (id, _, sent, guess) => change(id, send, sent, guess),
    (before, sent) => ({
      ...before,
      heading: titleOf(sent, "title") === "" ? before.heading : titleOf(sent, "title"),
      title: titleOf(sent, "title"),
      description: titleOf(sent, "description"),
      alt: titleOf(sent, "alt"),
      ...(before.place === undefined ? {} : { place: titleOf(sent, "place") }),
    }),
  );
  const fields = useTexts(details, pending, plain.typed);
  const { texts, write, decide, discard, restored } = fields;
  wrote.current = fields.wrote;
  const isHeld = bringBack !== undefined;

  // What was typed has to be seen, and what is said about it.
  const isShown = isHeld || restored;
  useEffect(() => {
    if (isShown && editing.current !== null) editing.current.open = true;
  }, [isShown, editing]);
  useEffect(() => {
    if (isShown)
      form.current?.querySelector("[data-held], [data-draft]")?.scrollIntoView({ block: "nearest" });
  }, [isShown]);
  useEffect(() => {
    if (outcome.conflict === true)
      form.current?.querySelector<HTMLElement>("[data-elsewhere] button")?.focus();
  }, [outcome]);

  // Without script the answer comes with a page that begins at its top.
  const isPlain = plain.message !== undefined && outcome === plain;
  const first = isPlain
    ? (textNames.find((name) => name !== "tags" && texts[name]?.elsewhere !== undefined) ?? "title")
    : undefined;
  const field = (name: TextName) => ({
    name,
    autoFocus: name === first,
    value: texts[name]?.text ?? "",
    onChange: ({ target }: { target: { value: string } }) => write(name, target.value),
  });
  const choose = (name: TextName, keep: boolean): void => {
    decide(name, keep);
    form.current?.querySelector<HTMLElement>(`[name=${name}]`)?.focus();
  };
  const beside = (name: TextName) => <Elsewhere name={name} typed={texts[name]} decide={choose} />;
  return (
    <details
      ref={editing}
      // Without script the answer comes with the page, and would be folded away in it.
      open={plain.message === undefined ? undefined : true}
      className="group rounded-md border border-line"
    >
      <summary className="flex min-h-11 list-none items-center justify-between rounded-md px-3 text-sm font-medium hover:bg-raised">
        {w("edit")}
        <ChevronDown aria-hidden className="size-4 group-open:rotate-180" />
      </summary>
      {/* A browser that fills in after a reload what stood here before would write over what it says by now. */}
      <form
        ref={form}
        action={act}
        onSubmit={onSubmit}
        autoComplete="off"
        className="grid gap-4 border-t border-line p-3"
      >
        {isPlain ? <Notice tone={plain.done === true ? "good" : "bad"}>{plain.message}</Notice> : null}
        <input type="hidden" name="id" value={details.id} />
        {isHeld ? (
          <div data-held>
            <input type="hidden" name="held" value="1" />
            <Notice tone="bad">{w("held")}</Notice>
          </div>
        ) : restored ? (
          <div data-draft>
            <Notice
              tone="info"
              action={
                <Button
                  size="sm"
                  onClick={() => {
                    discard();
                    form.current?.querySelector<HTMLElement>("[name=title]")?.focus();
                  }}
                >
                  {w("draftDiscard")}
                </Button>
              }
            >
              {w("draft")}
            </Notice>
          </div>
        ) : null}
        <Field label={media("title")} {...field("title")} maxLength={limits.titleMax} autoComplete="off" />
        {beside("title")}
        <TextField
          label={media("description")}
          {...field("description")}
          maxLength={limits.descriptionMax}
          rows={4}
        />
        {beside("description")}
        <TextField
          label={media("alt")}
          hint={media("altHint")}
          {...field("alt")}
          maxLength={limits.titleMax}
          rows={2}
        />
        {beside("alt")}
        <Field label={w("tags")} hint={w("tagsHint")} {...field("tags")} autoComplete="off" />
        {beside("tags")}
        {details.place === undefined ? null : (
          <>
            <Field
              label={media("place")}
              hint={w("placeHint")}
              {...field("place")}
              maxLength={limits.titleMax}
              autoComplete="off"
            />
            {beside("place")}
          </>
        )}
        <Field
          label={w("taken")}
          hint={w("takenHint")}
          type="datetime-local"
          step={1}
          required
          {...field("taken")}
        />
        {beside("taken")}
        {textNames.map((name) =>
          texts[name] === undefined ? null : (
            <input key={name} type="hidden" name={`${name}Before`} value={texts[name].before} />
          ),
        )}
        <div className="flex flex-wrap items-center gap-3">
          {/* Disabled, it would lose the focus to nothing. */}
          <Button type="submit" variant="primary" aria-disabled={pending}>
            {isHeld ? w("heldSave") : media("save")}
          </Button>
          <Answer outcome={isPlain ? none : outcome} pending={pending} />
        </div>
      </form>
    </details>
  );
}
