/** The fields of the form for texts. Each has one beside it that says what it said at first: `titleBefore`. */
const texts = ["title", "description", "alt", "place", "tags"] as const;

/** Texts that say what they said before. They are not written: elsewhere, they may say something else by now. */
export const untouched = (form: FormData): Set<string> =>
  new Set(texts.filter((name) => form.has(`${name}Before`) && form.get(name) === form.get(`${name}Before`)));

/** A date may be said without its last zeros. */
const isSameTime = (form: FormData): boolean =>
  String(form.get("takenBefore") ?? "").startsWith(String(form.get("taken") ?? ""));

/** Somebody has typed something into the form that is not written yet. */
export const isTyped = (form: FormData): boolean =>
  !isSameTime(form) ||
  texts.some((name) => form.has(`${name}Before`) && form.get(name) !== form.get(`${name}Before`));
