import { setTimeout as after } from "node:timers/promises";
import { type ReactNode, Suspense } from "react";
import { RowsSkeleton } from "./rows.tsx";

const patienceMillis = 1_000;

/**
 * What a promise becomes, with the page when it comes soon, behind a skeleton when it does not. Always streaming it
 * would show nobody without JavaScript more than the skeleton.
 */
export async function Soon<T>({ value, children }: { value: Promise<T>; children: (value: T) => ReactNode }) {
  const late = Symbol("late");
  const first = await Promise.race([value, after(patienceMillis, late)]);
  if (typeof first !== "symbol") return children(first);
  return (
    <Suspense fallback={<RowsSkeleton />}>
      <Later value={value}>{children}</Later>
    </Suspense>
  );
}

async function Later<T>({ value, children }: { value: Promise<T>; children: (value: T) => ReactNode }) {
  return children(await value);
}
