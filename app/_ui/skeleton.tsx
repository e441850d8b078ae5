import clsx from "clsx";

/** A quiet block where something is about to appear; size it with `className`. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden="true" className={clsx("animate-pulse rounded-md bg-raised", className)} />;
}
