"use client";
import { useState } from "react";
import { Button } from "../../_ui/button.tsx";

/** Copies a text; where the browser does not allow it (a page without https), the text stays beside it to be copied by hand. */
export function CopyButton({
  text,
  copy,
  copied,
  size = "md",
  className = "",
}: {
  text: string;
  copy: string;
  copied: string;
  size?: "md" | "sm";
  className?: string;
}) {
  const [done, setDone] = useState<string>();
  // Absent on a page that is neither https nor localhost, whatever its type says.
  const clipboard: Clipboard | undefined = typeof navigator === "undefined" ? undefined : navigator.clipboard;
  const run = async (): Promise<void> => {
    try {
      await clipboard?.writeText(text);
      setDone(text);
    } catch (error) {
      // The person said no; the text is still there to be copied by hand.
      if (!(error instanceof DOMException)) throw error;
    }
  };
  return (
    <>
      <Button type="button" size={size} onClick={run} className={className}>
        {done === text ? copied : copy}
      </Button>
      <span role="status" className="sr-only">
        {done === text ? copied : ""}
      </span>
    </>
  );
}
