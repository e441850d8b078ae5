"use client";
import { ends } from "#lib/words/ends.ts";
import { Button } from "./_ui/button.tsx";
import { Empty } from "./_ui/empty.tsx";
import { Page } from "./_ui/page.tsx";

/** The number in a failure that the server's log knows it by; failures of the browser have none. */
const referenceOf = (error: unknown): string | undefined =>
  error instanceof Error && "digest" in error && typeof error.digest === "string" ? error.digest : undefined;

export default function ErrorPage({ error, retry }: { error: unknown; retry: () => void }) {
  const w = ends();
  const reference = referenceOf(error);
  return (
    <Page>
      <title>{w.errorTitle}</title>
      <div role="alert">
        <Empty
          level={1}
          title={w.errorTitle}
          text={
            reference === undefined ? (
              w.errorTextPlain
            ) : (
              <>
                {w.errorText}
                <span className="mt-3 block text-sm">
                  {w.errorReference} <code className="font-mono text-ink select-all">{reference}</code>
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
