import type { ShareState } from "#lib/shares/manage.ts";
import { words } from "#lib/words.ts";

const w = words("shares");
const tones: Record<ShareState, string> = {
  open: "border-good/40 text-good",
  revoked: "border-line text-muted",
  gone: "border-line text-muted",
  expired: "border-warn/40 text-warn",
  used: "border-warn/40 text-warn",
};

export function State({ state }: { state: ShareState }) {
  return (
    <span
      className={`rounded-full border px-2.5 py-0.5 text-xs font-medium whitespace-nowrap ${tones[state]}`}
    >
      {w("state", { state })}
    </span>
  );
}
