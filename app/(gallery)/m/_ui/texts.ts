/** What somebody types about a picture, beside what the picture says, which may change elsewhere meanwhile. */
import type { Details } from "../details.ts";

export const textNames = ["title", "description", "alt", "tags", "place", "taken"] as const;
export type TextName = (typeof textNames)[number];
/** What the picture says; `place` only to its owner. */
export type Said = Partial<Record<TextName, string>>;

export type Typed = {
  text: string;
  /** What the picture said when somebody began to type: what they know they write over. */
  before: string;
  /** What it says by now, when that is something else again; they have to decide. */
  elsewhere?: string;
};
export type Texts = Partial<Record<TextName, Typed>>;

/** A text area has one character at a line's end, whatever was stored. */
const lines = (text: string): string => text.replaceAll(/\r\n?/g, "\n");

export const saidOf = (details: Details): Said => ({
  title: details.title,
  description: lines(details.description),
  alt: lines(details.alt),
  tags: details.tags.map(({ name }) => name).join(", "),
  ...(details.place === undefined ? {} : { place: details.place }),
  taken: details.taken,
});

const mapped = (said: Said, one: (name: TextName, now: string) => Typed): Texts =>
  Object.fromEntries(
    textNames.flatMap((name) => {
      const now = said[name];
      return now === undefined ? [] : [[name, one(name, now)]];
    }),
  );

export const begun = (said: Said): Texts => mapped(said, (_, now) => ({ text: now, before: now }));

function told(typed: Typed | undefined, now: string): Typed {
  if (typed === undefined || typed.text === typed.before || typed.text === now)
    return { text: now, before: now };
  const { text, before } = typed;
  return now === before ? { text, before } : { text, before, elsewhere: now };
}

/** News replace what nobody has touched, and stand beside what somebody has. */
export const heard = (texts: Texts, said: Said): Texts => mapped(said, (name, now) => told(texts[name], now));

/** Written: what was sent is what the picture says; what was typed since then stays. */
export const saved = (texts: Texts, sent: Said, said: Said): Texts =>
  mapped(said, (name, now) => {
    const text = texts[name]?.text;
    return { text: text === undefined || text === sent[name] ? now : text, before: now };
  });

export const typedInto = (texts: Texts, name: TextName, text: string): Texts => {
  const typed = texts[name];
  if (typed === undefined) return texts;
  if (typed.elsewhere !== undefined && text === typed.elsewhere)
    return { ...texts, [name]: { text, before: text } };
  return { ...texts, [name]: { ...typed, text } };
};

/** Decided: what was typed stays, and is known to write over the other; or it makes way. */
export function decided(texts: Texts, name: TextName, keep: boolean): Texts {
  const typed = texts[name];
  if (typed?.elsewhere === undefined) return texts;
  const { text, elsewhere } = typed;
  return { ...texts, [name]: { text: keep ? text : elsewhere, before: elsewhere } };
}

/** What would be lost; undefined when that is nothing. */
export function unsaved(texts: Texts): Texts | undefined {
  const kept = Object.entries(texts).filter(([, { text, before }]) => text !== before);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** What was typed before, over what the picture says today. */
export const withDraft = (said: Said, draft: Texts): Texts => heard({ ...begun(said), ...draft }, said);
