import { Button } from "#app/_ui/plain-button.tsx";
import { words } from "#lib/words.ts";
import { removeThem } from "./actions.ts";

const w = words("sample");

/** Tells the owner that the pictures are samples, and removes them after one more question; both without a script. */
export function SampleNotice({ here, coming }: { here: number; coming: number }) {
  return (
    <div className="mb-4 flex flex-wrap items-start sm:me-13 gap-x-3 gap-y-1 rounded-lg border border-line bg-surface px-4 py-2 text-sm print:hidden">
      {/* Drawn here: its library would be sent along with the gallery. */}
      <svg viewBox="0 0 24 24" aria-hidden="true" className="mt-1.5 size-4 shrink-0 text-accent">
        <path
          d="m22 11-1.3-1.3a2.4 2.4 0 0 0-3.4 0L11 16M4 8a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2M10 2h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H10a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zM13 6v2"
          fill="none"
          stroke="currentColor"
          strokeWidth="2"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      <p className="py-1">
        {here > 0 || coming === 0 ? w("notice") : null}{" "}
        {coming > 0 ? w(here > 0 ? "comingMore" : "coming", { n: coming }) : null}
      </p>
      <details className="open:basis-full sm:open:basis-auto">
        <summary className="inline-flex min-h-7 cursor-pointer items-center rounded text-accent underline pointer-coarse:min-h-10 [&::-webkit-details-marker]:hidden">
          {w("ask")}
        </summary>
        <form action={removeThem} className="flex flex-wrap items-center gap-3 py-2">
          <p className="max-w-prose text-muted text-pretty">{w("sure")}</p>
          <Button variant="danger" size="sm">
            {w("confirm")}
          </Button>
        </form>
      </details>
    </div>
  );
}
