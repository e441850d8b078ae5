"use client";
import { ChevronDown } from "lucide-react";
import { useActionState, useEffect, useId, useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Field, TextField } from "#app/_ui/field.tsx";
import type { Visibility } from "#lib/media.ts";
import { announceGone } from "../../_ui/use-gone.ts";
import { changeTexts, changeVisibility, moveToTrash, type Outcome, takeBack } from "../actions.ts";

export type ManageWords = Record<
  | "visibility"
  | "visibilitySave"
  | "edit"
  | "title"
  | "description"
  | "alt"
  | "altHint"
  | "save"
  | "trash"
  | "undo"
  | "working",
  string
>;
export type Choice = { value: Visibility; label: string; hint: string };

const none: Outcome = {};

/** What became of a form, where screen readers hear it. */
function Answer({ outcome, pending, working }: { outcome: Outcome; pending: boolean; working: string }) {
  return (
    <p role="status" className={outcome.done === false ? "text-sm text-danger" : "text-sm text-muted"}>
      {pending ? working : (outcome.message ?? "")}
    </p>
  );
}

function VisibilityForm({
  id,
  current,
  choices,
  words,
}: {
  id: string;
  current: Visibility;
  choices: Choice[];
  words: ManageWords;
}) {
  const [outcome, act, pending] = useActionState(changeVisibility, none);
  const form = useRef<HTMLFormElement>(null);
  const name = useId();
  return (
    <form ref={form} action={act} className="grid gap-2">
      <input type="hidden" name="id" value={id} />
      <fieldset className="grid gap-1" aria-describedby={`${name}-answer`}>
        <legend className="mb-1 text-sm font-medium">{words.visibility}</legend>
        {choices.map(({ value, label, hint }) => (
          <label
            key={value}
            className="flex min-h-10 cursor-pointer items-start gap-3 rounded-md border border-line px-3 py-2 text-sm hover:bg-raised has-checked:border-accent has-checked:bg-raised"
          >
            <input
              // After an answer the form is reset to what the server says; the key makes it say the new value.
              key={current}
              type="radio"
              name="visibility"
              value={value}
              defaultChecked={value === current}
              onChange={() => form.current?.requestSubmit()}
              className="mt-0.5 size-4 shrink-0"
            />
            <span>
              <span className="block font-medium">{label}</span>
              <span className="block text-muted">{hint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <noscript>
        <Button type="submit" size="sm">
          {words.visibilitySave}
        </Button>
      </noscript>
      <div id={`${name}-answer`}>
        <Answer outcome={outcome} pending={pending} working={words.working} />
      </div>
    </form>
  );
}

type Texts = { title: string; description: string; alt: string };

function TextsForm({ id, texts, words }: { id: string; texts: Texts; words: ManageWords }) {
  const [outcome, act, pending] = useActionState(changeTexts, none);
  return (
    <details className="group rounded-md border border-line">
      <summary className="flex min-h-10 list-none items-center justify-between rounded-md px-3 text-sm font-medium hover:bg-raised">
        {words.edit}
        <ChevronDown aria-hidden className="size-4 group-open:rotate-180" />
      </summary>
      <form action={act} key={JSON.stringify(texts)} className="grid gap-4 border-t border-line p-3">
        <input type="hidden" name="id" value={id} />
        <Field
          label={words.title}
          name="title"
          defaultValue={texts.title}
          maxLength={200}
          autoComplete="off"
        />
        <TextField
          label={words.description}
          name="description"
          defaultValue={texts.description}
          maxLength={5000}
          rows={4}
        />
        <TextField
          label={words.alt}
          hint={words.altHint}
          name="alt"
          defaultValue={texts.alt}
          maxLength={200}
          rows={2}
        />
        <div className="flex items-center gap-3">
          <Button type="submit" variant="primary" disabled={pending}>
            {words.save}
          </Button>
          <Answer outcome={outcome} pending={pending} working={words.working} />
        </div>
      </form>
    </details>
  );
}

function TrashForm({ id, words }: { id: string; words: ManageWords }) {
  const [outcome, act, pending] = useActionState(
    async (before: Outcome & { gone?: boolean }, form: FormData): Promise<Outcome & { gone?: boolean }> => {
      const gone = before.gone ?? false;
      const answer = gone ? await takeBack(before, form) : await moveToTrash(before, form);
      return { ...answer, gone: answer.done ? !gone : gone };
    },
    {},
  );
  const { gone } = outcome;
  useEffect(() => {
    if (gone !== undefined) announceGone(id, gone);
  }, [gone, id]);
  return (
    <form action={act} className="flex flex-wrap items-center gap-3">
      <input type="hidden" name="id" value={id} />
      <Button type="submit" variant="quiet" disabled={pending}>
        {gone ? words.undo : words.trash}
      </Button>
      <div className="min-w-0 flex-1 basis-40">
        <Answer outcome={outcome} pending={pending} working={words.working} />
      </div>
    </form>
  );
}

/** What the owner of a picture and administrators may do with it. */
export function Manage({
  id,
  visibility,
  choices,
  texts,
  words,
}: {
  id: string;
  visibility: Visibility;
  choices: Choice[];
  texts: Texts;
  words: ManageWords;
}) {
  return (
    <>
      <VisibilityForm id={id} current={visibility} choices={choices} words={words} />
      <TextsForm id={id} texts={texts} words={words} />
      <TrashForm id={id} words={words} />
    </>
  );
}
