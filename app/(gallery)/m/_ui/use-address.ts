"use client";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useRef } from "react";
import { returnTo } from "./leave.ts";
import { usePlace } from "./place.ts";

/** Rests before the address follows: browsers refuse one that changes a hundred times in half a minute. */
const restMs = 150;

/** The address and the title follow the picture without asking the server; leaving goes back to where one came from. */
export function useAddress(ask: {
  id: string;
  heading: string;
  list: string;
  openedId: string;
  inDialog: boolean;
  back: string;
  find: (id: string) => void;
}) {
  const router = useRouter();
  const place = usePlace();
  const { id, heading, list, openedId, inDialog, back } = ask;
  const latest = useRef(ask);
  latest.current = ask;
  const moved = useRef(false);

  // A step back into the history brings the address of the picture last seen and the view of the one first opened.
  useEffect(() => {
    const there = place.idIn(location.pathname);
    if (there !== "" && there !== openedId) latest.current.find(there);
  }, [openedId, place]);

  useEffect(() => {
    if (id === openedId && !moved.current) return;
    moved.current = true;
    const timer = setTimeout(() => {
      window.history.replaceState(null, "", place.picture(id, list));
    }, restMs);
    return () => clearTimeout(timer);
  }, [id, openedId, list, place]);
  useEffect(() => {
    if (!moved.current) return;
    const [, ...rest] = document.title.split(" · ");
    document.title = [heading, ...rest].join(" · ");
  }, [heading]);

  useEffect(() => {
    if (!latest.current.inDialog) {
      // What a reload scrolled back to were the pictures of another page.
      window.scrollTo(0, 0);
      return;
    }
    return () => returnTo(latest.current.id, place);
  }, [place]);

  return useCallback(() => {
    if (inDialog) router.back();
    else router.push(back);
  }, [router, inDialog, back]);
}
