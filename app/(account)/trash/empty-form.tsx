import { Button } from "../../_ui/button.tsx";

/** Asks once more before everything goes, with and without a script. */
export function EmptyForm({
  action,
  before,
  ask,
  sure,
  confirm,
}: {
  action: (data: FormData) => Promise<void>;
  /** ISO 8601: what is thrown away while the page is open stays. */
  before: string;
  ask: string;
  sure: string;
  confirm: string;
}) {
  return (
    <details className="mt-6 text-sm">
      <summary className="inline-flex min-h-10 cursor-pointer items-center rounded text-danger underline [&::-webkit-details-marker]:hidden">
        {ask}
      </summary>
      <form action={action} className="flex flex-wrap items-center gap-3 py-2">
        <input type="hidden" name="before" value={before} />
        <p className="max-w-prose text-muted text-pretty">{sure}</p>
        <Button type="submit" variant="danger" size="sm">
          {confirm}
        </Button>
      </form>
    </details>
  );
}
