import clsx from "clsx";
import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

export type Tone = "info" | "good" | "warn" | "bad";

const tones = {
  info: { icon: Info, text: "text-accent", box: "border-line bg-raised" },
  good: { icon: CircleCheck, text: "text-good", box: "border-good/30 bg-good/10" },
  warn: { icon: TriangleAlert, text: "text-warn", box: "border-warn/30 bg-warn/10" },
  bad: { icon: CircleAlert, text: "text-danger", box: "border-danger/30 bg-danger/10" },
} as const;

/** A message in the flow of the page. Bad news interrupts a screen reader, everything else waits its turn. */
export function Notice({
  tone,
  title,
  action,
  children,
}: {
  tone: Tone;
  title?: ReactNode;
  action?: ReactNode;
  children?: ReactNode;
}) {
  const { icon: Icon, text, box } = tones[tone];
  return (
    <div
      role={tone === "bad" ? "alert" : "status"}
      className={clsx("flex flex-wrap items-start gap-3 rounded-lg border px-4 py-3 text-sm text-ink", box)}
    >
      <Icon aria-hidden className={clsx("mt-0.5 size-4 shrink-0", text)} />
      <div className="min-w-0 flex-1 basis-48">
        {title ? <p className="font-medium">{title}</p> : null}
        {children ? <div>{children}</div> : null}
      </div>
      {action}
    </div>
  );
}
