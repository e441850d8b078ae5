"use client";
import { type ReactNode, useActionState } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Moment } from "#app/_ui/moment.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { w } from "#lib/words/shares.ts";
import { decide, type ShareFormState } from "../actions.ts";

export type Waiting = {
  id: string;
  name: string;
  /** Who says to have sent it; when it came, and how much it weighs. */
  from: string | undefined;
  at: Date;
  size: string;
  srcSet: string;
  width: number;
  height: number;
  color: string;
};

const none: ShareFormState = { answer: 0 };

/** What guests sent, each with a box: those that are ticked are taken or thrown away. Works without script. */
export function Decide({
  id,
  waiting,
  more,
  children,
}: {
  id: string;
  waiting: Waiting[];
  more: boolean;
  /** What stands here when nothing waits; what became of the last ones is still said above it. */
  children: ReactNode;
}) {
  const [state, send, pending] = useActionState(decide, none);
  const said =
    state.notice === undefined ? null : <Notice tone={state.notice.tone}>{state.notice.text}</Notice>;
  if (waiting.length === 0)
    return (
      <>
        {said}
        {children}
      </>
    );
  return (
    <form action={send} className="grid gap-4">
      {said}
      <input type="hidden" name="id" value={id} />
      <p className="max-w-prose text-sm text-muted">{w("inboxLead")}</p>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" name="act" value="approve" variant="primary" aria-disabled={pending}>
          {w("approve")}
        </Button>
        <Button type="submit" name="act" value="reject" aria-disabled={pending}>
          {w("reject")}
        </Button>
        {more ? (
          <Button type="submit" name="act" value="approveAll" variant="plain" aria-disabled={pending}>
            {w("approveAll")}
          </Button>
        ) : null}
      </div>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-2 sm:grid-cols-[repeat(auto-fill,minmax(12rem,1fr))] sm:gap-4">
        {waiting.map((one) => (
          <li key={one.id}>
            <label className="grid gap-2 rounded-lg border border-line bg-surface p-2 has-checked:border-accent">
              <span
                className="grid aspect-square place-items-center overflow-hidden rounded-md bg-raised"
                style={{ backgroundColor: one.color }}
              >
                <img
                  alt=""
                  srcSet={one.srcSet}
                  sizes="15rem"
                  width={one.width}
                  height={one.height}
                  loading="lazy"
                  decoding="async"
                  className="size-full object-contain"
                />
              </span>
              <span className="flex items-start gap-2">
                <input
                  type="checkbox"
                  name="media"
                  value={one.id}
                  defaultChecked
                  className="mt-0.5 size-5 shrink-0 accent-accent"
                />
                <span className="grid min-w-0">
                  <span className="truncate text-sm font-medium">{one.name}</span>
                  <span className="text-xs text-muted">
                    {one.from === undefined ? null : `${one.from} · `}
                    <Moment at={one.at} /> · {one.size}
                  </span>
                </span>
              </span>
            </label>
          </li>
        ))}
      </ul>
    </form>
  );
}
