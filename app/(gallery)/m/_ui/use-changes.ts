"use client";
import { type Dispatch, type SetStateAction, useCallback, useRef } from "react";
import { w } from "#lib/words/lightbox.ts";
import { announceFace } from "../../_ui/use-faces.ts";
import { announceGone } from "../../_ui/use-gone.ts";
import { changeAlbum, moveToTrash, type Outcome, takeBack, undoChanges } from "../actions.ts";
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
  /** Whether a picture was removed elsewhere; then it has made way. */
  isGone: (id: string) => Promise<boolean>;
};

const failed: () => Outcome = () => ({ done: false, message: w("failed") });
const formOf = (fields: Record<string, string>): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
};

/** Changes are shown at once; the server's answer confirms them or puts everything back as it was. */
export function useChanges(held: Held) {
  const latest = useRef(held);
  latest.current = held;

  /** What the server says it is now: here, and in the list below. */
  const take = useCallback(({ details, slide, face }: Outcome): void => {
    if (details !== undefined) latest.current.put(details);
    if (slide !== undefined) latest.current.setWalk((before) => renewed(before, [slide]));
    if (face !== undefined) announceFace(face);
  }, []);

  const takeChangesBack = useCallback(
    async (id: string, changes: string[]): Promise<void> => {
      const { tell } = latest.current;
      tell({ text: w("undoing") });
      const outcome = await undoChanges(id, changes).catch(failed);
      const { done, message = "" } = outcome;
      take(outcome);
      tell({ text: message, bad: done !== true });
    },
    [take],
  );

  const change: Change = useCallback(
    async (id, action, form, guess) => {
      const { known, put } = latest.current;
      const was = known(id);
      if (was !== undefined && guess !== undefined) put(guess(was));
      // No connection: the form says so, and what was typed is still in it.
      const outcome = await action(none, form).catch(failed);
      if (outcome.done !== true) {
        if (outcome.details !== undefined) take(outcome);
        else if (was !== undefined) put(was);
        // Said once, over the picture that took its place.
        if (outcome.gone === true && (await latest.current.isGone(id))) return { ...outcome, message: "" };
        return outcome;
      }
      take(outcome);
      const { undo = [], message = "" } = outcome;
      latest.current.tell({
        text: message,
        ...(undo.length === 0 ? {} : { undo: () => void takeChangesBack(id, undo) }),
      });
      return outcome;
    },
    [take, takeChangesBack],
  );

  /** From the trash, where somebody else put it. */
  const bringBack = useCallback(async (id: string): Promise<Outcome> => {
    if (!(await latest.current.isGone(id))) return { done: true };
    const outcome = await takeBack(none, formOf({ id })).catch(failed);
    if (outcome.done !== true)
      return outcome.gone === true ? { done: false, message: w("heldForGood") } : outcome;
    announceGone(id, false);
    // It is there again, and nothing about it is held any more.
    await latest.current.isGone(id);
    return outcome;
  }, []);

  /** Out of the list, making way for the next picture; `back` has what the answer to `go` said. */
  const takeOut = useCallback(
    async (slide: Slide, go: () => Promise<Outcome>, back: (gone: Outcome) => Promise<Outcome>) => {
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
      const undo = async (gone: Outcome): Promise<void> => {
        tell({ text: w("undoing") });
        const outcome = await back(gone).catch(failed);
        if (outcome.done === true) bringBack();
        take(outcome);
        tell({ text: outcome.message ?? "", bad: outcome.done !== true });
      };
      const outcome = await go().catch(failed);
      if (outcome.done === true) tell({ text: outcome.message ?? "", undo: () => void undo(outcome) });
      else if (outcome.gone === true && (await latest.current.isGone(slide.id)))
        tell({ text: w("vanished") });
      else {
        bringBack();
        tell({ text: outcome.message ?? "", bad: true });
      }
    },
    [take],
  );

  const trash = useCallback(
    (slide: Slide): Promise<void> =>
      takeOut(
        slide,
        () => moveToTrash(none, formOf({ id: slide.id })),
        () => takeBack(none, formOf({ id: slide.id })),
      ),
    [takeOut],
  );
  const leaveAlbum = useCallback(
    (slide: Slide, album: string): Promise<void> =>
      takeOut(
        slide,
        () => changeAlbum(none, formOf({ id: slide.id, album, on: "" })),
        ({ undo = [] }) => undoChanges(slide.id, undo),
      ),
    [takeOut],
  );

  return { change, trash, leaveAlbum, bringBack };
}
