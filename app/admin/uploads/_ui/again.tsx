"use client";
import { useActionState } from "react";
import { w } from "#lib/words/admin.ts";
import { Button } from "../../../_ui/button.tsx";
import { tryUploadsAgain } from "../actions.ts";

/** Tries what was given up once more, and says what came of it. Works without script. `name` for one of many buttons. */
export function Again({ ids, name }: { ids: string[]; name?: string }) {
  const [tried, act, pending] = useActionState(tryUploadsAgain, undefined);
  const said = tried && [
    tried.taken > 0 ? w("againTaken", { n: tried.taken }) : "",
    tried.left > 0 ? w("againLeft", { n: tried.left }) : "",
  ];
  return (
    <form action={act} className="flex flex-wrap items-center gap-2">
      {ids.map((id) => (
        <input key={id} type="hidden" name="id" value={id} />
      ))}
      {ids.length === 0 ? null : (
        <Button
          type="submit"
          disabled={pending}
          aria-label={name === undefined ? undefined : w("tryUploadAgainOf", { name })}
        >
          {name === undefined ? w("tryUploadsAgain", { n: ids.length }) : w("tryUploadAgain")}
        </Button>
      )}
      <p role="status" className="text-pretty text-muted text-sm">
        {pending ? w("againPending") : said?.filter(Boolean).join(" ")}
      </p>
    </form>
  );
}
