import { CircleCheck, CircleDashed, CircleSlash, CircleX, Clock, LoaderCircle } from "lucide-react";
import type { UploadState } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";

const w = words("admin");

export const uploadStateNames = perLocale(
  (): Record<UploadState, string> => ({
    issued: w("uploadIssued"),
    verifying: w("uploadVerifying"),
    ready: w("uploadReady"),
    rejected: w("uploadRejected"),
    cancelled: w("uploadCancelled"),
    expired: w("uploadExpired"),
  }),
);

const looks: Record<UploadState, { icon: typeof Clock; className: string }> = {
  issued: { icon: Clock, className: "text-ink" },
  verifying: { icon: LoaderCircle, className: "text-accent" },
  ready: { icon: CircleCheck, className: "text-good" },
  rejected: { icon: CircleX, className: "text-danger" },
  cancelled: { icon: CircleSlash, className: "text-muted" },
  expired: { icon: CircleDashed, className: "text-warn" },
};

export function UploadStateMark({ state }: { state: UploadState }) {
  const { icon: Icon, className } = looks[state];
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${className}`}>
      <Icon aria-hidden className="size-4" />
      {uploadStateNames()[state]}
    </span>
  );
}
