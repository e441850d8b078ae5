"use client";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Outcome } from "../actions.ts";
import type { Details } from "../details.ts";
import { draftOf, keepDraft } from "./drafts.ts";
import { askBeforeLoss } from "./loss.ts";
import {
  begun,
  decided,
  heard,
  type Said,
  saidOf,
  saved,
  type TextName,
  type Texts,
  textNames,
  typedInto,
  unsaved,
  withDraft,
} from "./texts.ts";

/** As a page without script has it after its form was refused: what was typed, beside what the picture says now. */
function refused(said: Said, typed: Record<string, string>): Texts {
  const shown = Object.fromEntries(
    textNames.flatMap((name) => {
      const [text, before] = [typed[name], typed[`${name}Before`]];
      return text === undefined || before === undefined ? [] : [[name, { text, before }]];
    }),
  );
  const texts = withDraft(said, shown);
  // Whoever sends the page again has seen what it says.
  for (const name of textNames) {
    const one = texts[name];
    if (one?.elsewhere !== undefined) texts[name] = { ...one, before: one.elsewhere };
  }
  return texts;
}

/** The fields of the form: news come in, nothing that was typed goes out unsaid. */
export function useTexts(details: Details, sending: boolean, typed: Outcome["typed"]) {
  const said = saidOf(details);
  const [texts, setTexts] = useState(() => (typed === undefined ? begun(said) : refused(said, typed)));
  const [known, setKnown] = useState(JSON.stringify(said));
  // While it is being sent, the picture says what the form hopes for.
  if (!sending && JSON.stringify(said) !== known) {
    setKnown(JSON.stringify(said));
    setTexts(heard(texts, said));
  }
  const [restored, setRestored] = useState(false);
  const { id } = details;
  const first = useRef(said);
  const ready = useRef(false);
  useEffect(() => {
    const draft = draftOf(id);
    if (draft === undefined) return;
    const found = withDraft(first.current, draft);
    if (unsaved(found) === undefined) {
      keepDraft(id, undefined);
      return;
    }
    setTexts(found);
    setRestored(true);
  }, [id]);
  const draft = unsaved(texts);
  useEffect(() => {
    // The first time round, what is kept has only just been read.
    if (!ready.current) {
      ready.current = true;
      return;
    }
    keepDraft(id, draft);
    if (draft === undefined) {
      setRestored(false);
      return;
    }
    return askBeforeLoss();
  }, [id, draft]);
  return {
    texts,
    restored,
    write: (name: TextName, text: string) => setTexts((before) => typedInto(before, name, text)),
    decide: (name: TextName, keep: boolean) => setTexts((before) => decided(before, name, keep)),
    discard: () => setTexts(begun(said)),
    wrote: useCallback((sent: Said, now: Said) => {
      setKnown(JSON.stringify(now));
      setTexts((before) => saved(before, sent, now));
    }, []),
  };
}
