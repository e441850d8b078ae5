"use client";
import { type ReactNode, useActionState, useEffect, useRef } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Field, SelectField } from "#app/_ui/field.tsx";
import { useMoment } from "#app/_ui/moment.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import type { ShareDownload, ShareKind } from "#lib/media.ts";
import { guestFilesMax, labelMax, sharePasswordMax, sharePasswordMin, titleMax } from "#lib/shares/rules.ts";
import { w } from "#lib/words/shares.ts";
import { makeShare, type ShareFormState, saveShare } from "../actions.ts";

const none: ShareFormState = { answer: 0 };

/** What is set at the moment; nothing for a share that is being made. */
export type Current = {
  id: string;
  label: string;
  title: string;
  /** undefined: it has none. */
  end: Date | undefined;
  hasPassword: boolean;
  visitsMax: number | null;
  downloadsMax: number | null;
  download: ShareDownload;
  withAlbums: boolean;
  filesMax: number | null;
  bytesMax: number | null;
};

const durations = () => [
  { value: "never", label: w("endsNever") },
  { value: "day", label: w("endsDay") },
  { value: "week", label: w("endsWeek") },
  { value: "month", label: w("endsMonth") },
  { value: "quarter", label: w("endsQuarter") },
];

const numberText = (value: number | null | undefined): string => (value == null ? "" : String(value));

/** Makes a share, or changes one. `children` are hidden fields that say what is shared. */
export function ShareForm({
  kind,
  current,
  children,
}: {
  kind: ShareKind;
  current?: Current;
  children?: ReactNode;
}) {
  const [state, send, pending] = useActionState(current === undefined ? makeShare : saveShare, none);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (state.answer > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [state.answer]);
  const typed = (name: string, otherwise: string): string => state.values?.[name] ?? otherwise;
  const end = useMoment(current?.end);
  const ends = [
    ...(current === undefined
      ? []
      : [{ value: "keep", label: w("endsKeep", { date: end ?? w("endsNever") }) }]),
    ...durations(),
  ];
  return (
    // Fields keep what was typed: React empties a form that was sent, and a new key would lose the focus.
    <form ref={form} action={send} noValidate className="grid max-w-2xl gap-5">
      {state.notice === undefined ? null : <Notice tone={state.notice.tone}>{state.notice.text}</Notice>}
      {children}
      {current === undefined ? null : <input type="hidden" name="id" value={current.id} />}
      <Field
        name="label"
        label={w("label")}
        hint={w("labelHint")}
        error={state.errors?.label}
        maxLength={labelMax}
        required
        autoComplete="off"
        defaultValue={typed("label", current?.label ?? "")}
      />
      {kind === "selection" ? (
        <Field
          name="title"
          label={w("heading")}
          hint={w("headingHint")}
          error={state.errors?.title}
          maxLength={titleMax}
          autoComplete="off"
          defaultValue={typed("title", current?.title ?? "")}
        />
      ) : null}
      {kind === "album" ? (
        <label className="flex min-h-8 items-start gap-3">
          <input type="hidden" name="asksAlbums" value="1" />
          <input
            key={`albums${state.answer}`}
            type="checkbox"
            name="withAlbums"
            aria-describedby="with-albums-hint"
            defaultChecked={
              state.values === undefined ? current?.withAlbums === true : state.values.withAlbums === "on"
            }
            className="mt-1 size-4 shrink-0 accent-accent"
          />
          <span className="grid">
            <span className="font-medium">{w("withAlbums")}</span>
            <span id="with-albums-hint" className="text-sm text-muted">
              {w("withAlbumsHint")}
            </span>
          </span>
        </label>
      ) : null}
      <div className="grid items-start gap-5 sm:grid-cols-2">
        <SelectField
          key={`ends${state.answer}`}
          name="ends"
          label={w("ends")}
          options={ends}
          defaultValue={typed("ends", current === undefined ? "month" : "keep")}
        />
        <div className="grid gap-2">
          <Field
            name="password"
            type="password"
            label={w("password")}
            hint={current?.hasPassword ? w("passwordKeep") : w("passwordHint", { min: sharePasswordMin })}
            error={state.errors?.password}
            maxLength={sharePasswordMax}
            autoComplete="new-password"
          />
          {current?.hasPassword ? (
            <label className="inline-flex min-h-8 items-center gap-2 text-sm">
              <input type="checkbox" name="passwordRemove" className="size-4 accent-accent" />
              {w("passwordRemove")}
            </label>
          ) : null}
        </div>
        {kind === "inbox" ? (
          <>
            <Field
              name="filesMax"
              type="number"
              inputMode="numeric"
              min={1}
              max={guestFilesMax}
              label={w("filesMax")}
              error={state.errors?.filesMax}
              defaultValue={typed("filesMax", numberText(current?.filesMax ?? 200))}
            />
            <Field
              name="gigabytesMax"
              type="number"
              inputMode="decimal"
              min={0.001}
              step="any"
              label={w("gigabytesMax")}
              error={state.errors?.gigabytesMax}
              defaultValue={typed("gigabytesMax", numberText((current?.bytesMax ?? 2_000_000_000) / 1e9))}
            />
          </>
        ) : (
          <>
            <SelectField
              key={`download${state.answer}`}
              name="download"
              label={w("download")}
              hint={w("downloadHint")}
              options={[
                { value: "none", label: w("downloadNone") },
                { value: "renditions", label: w("downloadRenditions") },
                { value: "originals", label: w("downloadOriginals") },
              ]}
              defaultValue={typed("download", current?.download ?? "renditions")}
            />
            <Field
              name="downloadsMax"
              type="number"
              inputMode="numeric"
              min={1}
              label={w("downloadsMax")}
              hint={w("downloadsMaxHint")}
              error={state.errors?.downloadsMax}
              defaultValue={typed("downloadsMax", numberText(current?.downloadsMax))}
            />
          </>
        )}
        <Field
          name="visitsMax"
          type="number"
          inputMode="numeric"
          min={1}
          label={w("visitsMax")}
          hint={w("visitsMaxHint")}
          error={state.errors?.visitsMax}
          defaultValue={typed("visitsMax", numberText(current?.visitsMax))}
        />
      </div>
      <Button type="submit" variant="primary" aria-disabled={pending} className="justify-self-start">
        {current === undefined ? w(pending ? "creating" : "create") : w(pending ? "saving" : "save")}
      </Button>
    </form>
  );
}
