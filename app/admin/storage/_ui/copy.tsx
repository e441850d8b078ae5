"use client";
import { useState } from "react";
import { words } from "#lib/words.ts";
import { Button } from "../../../_ui/button.tsx";

const w = words("doctor");

/** Copies a text; where the browser does not allow it, the text stays beside it to be copied by hand. */
export function Copy({ text }: { text: string }) {
  const [done, setDone] = useState<string>();
  // Absent on a page that is neither https nor localhost, whatever its type says.
  const clipboard: Clipboard | undefined = typeof navigator === "undefined" ? undefined : navigator.clipboard;
  const run = async (): Promise<void> => {
    try {
      await clipboard?.writeText(text);
      setDone(text);
    } catch (error) {
      // The person said no.
      if (!(error instanceof DOMException)) throw error;
    }
  };
  return (
    <>
      <Button type="button" size="sm" onClick={run}>
        {done === text ? w("copied") : w("copy")}
      </Button>
      <span role="status" className="sr-only">
        {done === text ? w("copied") : ""}
      </span>
    </>
  );
}
