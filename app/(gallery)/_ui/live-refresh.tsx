"use client";
import { useRouter } from "next/navigation";
import { useCallback } from "react";
import { useLive } from "./live.ts";

/** For a page without pictures: the first one that comes fills it. */
export function LiveRefresh({ since }: { since: number }) {
  const router = useRouter();
  useLive(
    since,
    useCallback(() => router.refresh(), [router]),
  );
  return null;
}
