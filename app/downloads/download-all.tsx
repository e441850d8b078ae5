"use client";
import { Download } from "lucide-react";
import { type ComponentType, useState } from "react";
import { Button, type ButtonVariant } from "#app/_ui/button.tsx";
import type { DownloadSize } from "#lib/downloads/shapes.ts";
import type { What } from "./api.ts";

type DialogProps = {
  what: What;
  name: string;
  sizes: readonly DownloadSize[];
  counted: boolean;
  close: () => void;
};

/** Opens the dialog that saves many pictures as one archive. All the rest is loaded when it is asked for. */
export function DownloadAll({
  label,
  variant = "quiet",
  counted = false,
  ...what
}: Omit<DialogProps, "close" | "counted"> & { label: string; variant?: ButtonVariant; counted?: boolean }) {
  const [Dialog, setDialog] = useState<ComponentType<DialogProps>>();
  const open = async (): Promise<void> => {
    const { DownloadDialog } = await import("./dialog.tsx");
    setDialog(() => DownloadDialog);
  };
  return (
    <>
      <Button type="button" variant={variant} onClick={() => void open()}>
        <Download aria-hidden className="size-4" />
        {label}
      </Button>
      {Dialog === undefined ? null : (
        <Dialog {...what} counted={counted} close={() => setDialog(undefined)} />
      )}
    </>
  );
}
