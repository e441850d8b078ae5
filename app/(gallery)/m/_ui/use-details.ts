"use client";
import { type RefObject, useCallback, useEffect, useState } from "react";
import type { Details } from "../details.ts";
import { askPlace, NotThere, usePlace } from "./place.ts";

/** One who leafs quickly asks for nothing on the way. */
const restMs = 120;

/** What is known of the pictures that were looked at; of the one that is shown, it is asked for when one stays. */
export function useDetails(
  first: Details,
  id: string,
  list: string,
  vanish: RefObject<(id: string) => void>,
) {
  const place = usePlace();
  const [known, setKnown] = useState<ReadonlyMap<string, Details>>(new Map([[first.id, first]]));
  const [failed, setFailed] = useState<string>();
  const put = useCallback((details: Details) => {
    setKnown((before) => new Map(before).set(details.id, details));
  }, []);
  const details = known.get(id);
  const isMissing = details === undefined && failed !== id;
  useEffect(() => {
    if (!isMissing) return;
    const timer = setTimeout(() => {
      askPlace<Details>(place, place.details(id, list)).then(put, (error: unknown) => {
        if (error instanceof NotThere) vanish.current(id);
        else setFailed(id);
      });
    }, restMs);
    return () => clearTimeout(timer);
  }, [id, isMissing, put, place, list, vanish]);
  const again = useCallback(() => setFailed(undefined), []);
  return { details, known: (of: string) => known.get(of), failed: failed === id, again, put };
}
