"use client";
import { type Dispatch, type SetStateAction, useCallback, useRef } from "react";
import { w } from "#lib/words/lightbox.ts";
import { announceGone } from "../../_ui/use-gone.ts";
import { moveToTrash, type Outcome, takeBack, undoChanges } from "../actions.ts";
import type { Details } from "../details.ts";
import type { Walk } from "../load.ts";
import type { Slide } from "../slide.ts";
import { type Change, none } from "./forms.tsx";
import type { Told } from "./toast.tsx";
import { besides, renewed, withAgain, without } from "./walk.ts";

type Held = {
  walk: Walk;
  setWalk: Dispatch<SetStateAction<Walk>>;
  setId: (id: string) => void;
  known: (id: string) => Details | undefined;
  put: (details: Details) => void;
  tell: (told: Told | undefined) => void;
};

const failed: () => Outcome = () => ({ done: false, message: w("failed") });
const formOf = (id: string): FormData => {
  const form = new FormData();
  form.set("id", id);
  return form;
};

/** Changes are shown at once; the server's answer confirms them or puts everything back as it was. */
export function useChanges(held: Held) {
  const latest = useRef(held);
  latest.current = held;

  const takeChangesBack = useCallback(async (id: string, changes: string[]): Promise<void> => {
    const { put, setWalk, tell } = latest.current;
    tell({ text: w("undoing") });
    const { done, message = "", details, slide } = await undoChanges(id, changes).catch(failed);
    if (details !== undefined) put(details);
    if (slide !== undefined) setWalk((before) => renewed(before, [slide]));
    tell({ text: message, bad: done !== true });
  }, []);

  const change: Change = useCallback(
    async (id, action, form, guess) => {
      const { known, put, setWalk } = latest.current;
      const was = known(id);
      if (was !== undefined && guess !== undefined) put(guess(was));
      // No connection: the form says so, and what was typed is still in it.
      const outcome = await action(none, form).catch(failed);
      if (outcome.done !== true) {
        if (was !== undefined) put(was);
        return outcome;
      }
      if (outcome.details !== undefined) put(outcome.details);
      const { slide, undo = [], message = "" } = outcome;
      if (slide !== undefined) setWalk((before) => renewed(before, [slide]));
      latest.current.tell({
        text: message,
        ...(undo.length === 0 ? {} : { undo: () => void takeChangesBack(id, undo) }),
      });
      return outcome;
    },
    [takeChangesBack],
  );

  const trash = useCallback(async (slide: Slide): Promise<void> => {
    const { walk, setWalk, setId, tell } = latest.current;
    const at = walk.slides.findIndex(({ id }) => id === slide.id);
    const beside = { before: walk.slides[at - 1]?.id, after: walk.slides[at + 1]?.id };
    const next = besides(walk, slide.id);
    const bringBack = (): void => {
      latest.current.setWalk((before) => withAgain(before, slide, beside));
      latest.current.setId(slide.id);
      announceGone(slide.id, false);
    };
    if (next !== undefined) setId(next.id);
    setWalk((before) => without(before, slide.id));
    announceGone(slide.id, true);
    const undo = async (): Promise<void> => {
      tell({ text: w("undoing") });
      const outcome = await takeBack(none, formOf(slide.id)).catch(failed);
      if (outcome.done === true) bringBack();
      tell({ text: outcome.message ?? "", bad: outcome.done !== true });
    };
    const outcome = await moveToTrash(none, formOf(slide.id)).catch(failed);
    if (outcome.done === true) tell({ text: outcome.message ?? "", undo: () => void undo() });
    else {
      bringBack();
      tell({ text: outcome.message ?? "", bad: true });
    }
  }, []);

  return { change, trash };
}
