"use client";
import { lazy } from "react";
import type { DeadEndKind } from "./dead-end-view.tsx";

const View = lazy(() => import("./dead-end-view.tsx"));

/**
 * What stands where a page may not be shown. Next sends what it is made of along with every page: as server components
 * these three were a quarter of the gallery's HTML, and their texts and buttons 5 kB of every page's script.
 */
export function DeadEnd({ kind }: { kind: DeadEndKind }) {
  return <View kind={kind} />;
}
