"use client";
import { locale } from "#lib/locale.ts";
import { failed } from "#lib/words/failed.ts";

/** When the root layout itself fails there are no styles: system colours and a plain link that loads everything anew. */
export default function GlobalError({ error, retry }: { error: unknown; retry: () => void }) {
  const w = failed();
  const reference =
    error instanceof Error && "digest" in error && typeof error.digest === "string"
      ? error.digest
      : undefined;
  return (
    <html lang={locale()} style={{ colorScheme: "light dark", fontFamily: "system-ui, sans-serif" }}>
      <body style={{ margin: "20vh auto", maxWidth: "28rem", padding: "0 1rem", lineHeight: 1.5 }}>
        <title>{w.title}</title>
        <main>
          <h1 style={{ fontSize: "1.25rem" }}>{w.title}</h1>
          <p>{reference === undefined ? w.textPlain : w.text}</p>
          {reference === undefined ? null : (
            <p>
              {w.reference} <code>{reference}</code>
            </p>
          )}
          <p>
            <button type="button" onClick={() => retry()}>
              {w.tryAgain}
            </button>
          </p>
        </main>
      </body>
    </html>
  );
}
