"use client";
import { failed } from "#lib/words/failed.ts";
import { Empty } from "./empty.tsx";
import { Page } from "./page.tsx";
import { Button } from "./plain-button.tsx";

/** The number in a failure that the server's log knows it by; failures of the browser have none. */
const referenceOf = (error: unknown): string | undefined =>
  error instanceof Error && "digest" in error && typeof error.digest === "string" ? error.digest : undefined;

/** What stands where a page failed; see error.tsx. */
export default function ErrorView({ error, retry }: { error: unknown; retry: () => void }) {
  const w = failed();
  const reference = referenceOf(error);
  return (
    <Page>
      <title>{w.title}</title>
      <div role="alert">
        <Empty
          level={1}
          title={w.title}
          text={
            reference === undefined ? (
              w.textPlain
            ) : (
              <>
                {w.text}
                <span className="mt-3 block text-sm">
                  {w.reference} <code className="font-mono text-ink select-all">{reference}</code>
                </span>
              </>
            )
          }
          action={
            <Button variant="primary" type="button" onClick={() => retry()}>
              {w.tryAgain}
            </Button>
          }
        />
      </div>
    </Page>
  );
}
