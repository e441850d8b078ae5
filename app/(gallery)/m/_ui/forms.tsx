"use client";
import { Star } from "lucide-react";
import { type FormEvent, useActionState, useId, useRef, useState } from "react";
import { Button } from "#app/_ui/button.tsx";
import { w } from "#lib/words/lightbox.ts";
import { w as media } from "#lib/words/media.ts";
import { changeFavourite, changeRating, changeVisibility, moveToTrash, type Outcome } from "../actions.ts";
import type { Details } from "../details.ts";

export const none: Outcome = {};
export type Action = (before: Outcome, form: FormData) => Promise<Outcome>;
/** Sends a change, shows it at once and takes it back when it was refused. */
export type Change = (
  id: string,
  action: Action,
  form: FormData,
  guess?: (details: Details) => Details,
) => Promise<Outcome>;

/** Takes a picture out of the trash that was put there elsewhere. */
export type BringBack = (id: string) => Promise<Outcome>;

/** What became of a form, where screen readers hear it. */
export function Answer({ outcome, pending }: { outcome: Outcome; pending: boolean }) {
  return (
    <p role="status" className={outcome.done === false ? "text-sm text-danger" : "text-sm text-muted"}>
      {pending ? media("working") : (outcome.message ?? "")}
    </p>
  );
}

/** A form that works by itself without script; with it, what was typed stays until the answer is there. */
export function useForm(
  id: string,
  action: Action,
  change: Change,
  guess?: (details: Details, form: FormData) => Details,
) {
  const [plain, act] = useActionState(action, none);
  const [heard, setHeard] = useState<Outcome>();
  const [pending, setPending] = useState(false);
  const onSubmit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    if (pending) return;
    const { nativeEvent } = event;
    const submitter = nativeEvent instanceof SubmitEvent ? nativeEvent.submitter : null;
    const form = new FormData(event.currentTarget, submitter);
    setPending(true);
    const outcome = await change(id, action, form, guess && ((details) => guess(details, form)));
    // What went well is told over the picture, with the way back.
    setHeard(outcome.done === true ? none : outcome);
    setPending(false);
  };
  return { act, onSubmit, pending, outcome: heard ?? plain, plain };
}

export function VisibilityForm({ details, change }: { details: Details; change: Change }) {
  const { id, visibility, choices } = details;
  const form = useRef<HTMLFormElement>(null);
  const name = useId();
  const { act, onSubmit, pending, outcome } = useForm(id, changeVisibility, change, (before, sent) => ({
    ...before,
    visibility: choices.find(({ value }) => value === sent.get("visibility"))?.value ?? before.visibility,
  }));
  return (
    // Filled in by the browser after a reload, it would show a choice that was never sent.
    <form ref={form} action={act} onSubmit={onSubmit} autoComplete="off" className="grid gap-2">
      <input type="hidden" name="id" value={id} />
      <fieldset className="grid gap-1" aria-describedby={`${name}-answer`}>
        <legend className="mb-1 text-sm font-medium">{media("visibility")}</legend>
        {choices.map(({ value, label, hint }) => (
          <label
            key={value}
            className="flex min-h-10 cursor-pointer items-start gap-3 rounded-md border border-line px-3 py-2 text-sm hover:bg-raised has-checked:border-accent has-checked:bg-raised"
          >
            <input
              type="radio"
              name="visibility"
              value={value}
              checked={value === visibility}
              onChange={({ currentTarget }) => {
                currentTarget.checked = true;
                form.current?.requestSubmit();
              }}
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
          {media("visibilitySave")}
        </Button>
      </noscript>
      <div id={`${name}-answer`}>
        <Answer outcome={outcome} pending={pending} />
      </div>
    </form>
  );
}

/** Where there is no script; with it, a button and a key do it, and the next picture follows. */
export function TrashForm({ id }: { id: string }) {
  const [outcome, act] = useActionState(moveToTrash, none);
  return (
    <form action={act} className="no-script flex-wrap items-center gap-3">
      <input type="hidden" name="id" value={id} />
      <Button type="submit">{media("trash")}</Button>
      <Answer outcome={outcome} pending={false} />
    </form>
  );
}

/** Where there is no script; with it, a button over the picture and a key do it. */
export function FavouriteForm({ details }: { details: Details }) {
  const [outcome, act] = useActionState(changeFavourite, none);
  return (
    <form action={act} className="no-script flex-wrap items-center gap-3">
      <input type="hidden" name="id" value={details.id} />
      <input type="hidden" name="on" value={details.favourite === true ? "" : "1"} />
      <Button type="submit">{w(details.favourite === true ? "favouriteTake" : "favouriteMake")}</Button>
      <Answer outcome={outcome} pending={false} />
    </form>
  );
}

const stars = [1, 2, 3, 4, 5] as const;

/** The star that is chosen takes itself away when it is chosen again. */
export function RatingForm({ details, change }: { details: Details; change: Change }) {
  const { id, rating } = details;
  const { act, onSubmit, outcome } = useForm(id, changeRating, change, (before, sent) => ({
    ...before,
    rating: Number(sent.get("rating")),
  }));
  return (
    <form action={act} onSubmit={onSubmit}>
      <input type="hidden" name="id" value={id} />
      <fieldset>
        <legend className="text-sm font-medium">{w("rating")}</legend>
        <div className="-ms-2 flex">
          {stars.map((n) => (
            <button
              key={n}
              type="submit"
              name="rating"
              value={rating === n ? 0 : n}
              aria-label={w("stars", { n })}
              aria-pressed={rating === n}
              className="inline-flex size-11 items-center justify-center rounded-full text-accent hover:bg-raised"
            >
              <Star aria-hidden className="size-5" fill={n <= rating ? "currentColor" : "none"} />
            </button>
          ))}
        </div>
      </fieldset>
      <Answer outcome={outcome} pending={false} />
    </form>
  );
}

/** Somebody else's stars. */
export function Rating({ rating }: { rating: number }) {
  return (
    <p role="img" aria-label={w("stars", { n: rating })} className="flex text-accent">
      {stars.map((n) => (
        <Star key={n} aria-hidden className="size-4" fill={n <= rating ? "currentColor" : "none"} />
      ))}
    </p>
  );
}
