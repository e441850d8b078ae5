"use client";
import { Pencil } from "lucide-react";
import { useActionState } from "react";
import { Button } from "#app/_ui/button.tsx";
import { Field } from "#app/_ui/field.tsx";
import { w } from "#lib/words/albums.ts";
import { changeTag, type Outcome } from "./actions.ts";

const none: Outcome = {};

/** Renames a tag, which merges it with another one of that name, or removes it. Works without script. */
export function EditTag({ id, name }: { id: string; name: string }) {
  const [outcome, act, pending] = useActionState(changeTag, none);
  return (
    <details className="open:w-full">
      <summary
        aria-label={w("tagEdit", { name })}
        className="inline-flex size-10 cursor-pointer list-none items-center justify-center rounded-md text-muted hover:bg-raised hover:text-ink"
      >
        <Pencil aria-hidden className="size-4" />
      </summary>
      <form action={act} key={name} className="grid gap-3 px-2 pt-1 pb-3">
        <input type="hidden" name="id" value={id} />
        <Field
          label={w("tagName")}
          hint={w("tagHint")}
          name="name"
          required
          maxLength={60}
          defaultValue={name}
          autoComplete="off"
        />
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" name="intent" value="rename" variant="primary" disabled={pending}>
            {w("tagRename")}
          </Button>
          <Button type="submit" name="intent" value="delete" disabled={pending}>
            {w("tagDelete")}
          </Button>
          <p role="status" className={outcome.done === false ? "text-sm text-danger" : "text-sm text-muted"}>
            {pending ? w("working") : (outcome.message ?? "")}
          </p>
        </div>
      </form>
    </details>
  );
}
