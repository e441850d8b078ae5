/**
 * Suggestions below a search box: a list that the arrow keys walk while the focus stays in the box (the combobox pattern
 * of ARIA). Made of plain elements, because it is loaded only when somebody uses the box.
 */
import { w } from "#lib/words/search.ts";
import { recentMax, recentSearches, rememberSearch } from "./recent-searches.ts";

type Suggestion = {
  kind: "recent" | "tag" | "album" | "camera" | "lens" | "owner" | "filter";
  text: string;
  label: string;
  count?: number;
};

const pauseMs = 120;

/** The last part of what stands before the caret: what is being typed. */
const tail = /(?:^|\s)(-?(?:\p{L}+:)?(?:"[^"]*|[^\s"]*))$/u;

async function ask(text: string, signal: AbortSignal): Promise<Suggestion[]> {
  const answer = await fetch(`/search/suggest?${new URLSearchParams({ q: text }).toString()}`, {
    signal,
    headers: { accept: "application/json" },
  });
  if (!answer.ok) return [];
  const { suggestions }: { suggestions: Suggestion[] } = await answer.json();
  return suggestions;
}

const known = new WeakSet<HTMLInputElement>();
let made = 0;

/** Gives a box its suggestions, once. They come when somebody types, clicks or presses an arrow, not by themselves. */
export function suggest(box: HTMLInputElement): void {
  if (known.has(box)) return;
  known.add(box);
  const suggestions = new Suggestions(box);
  if (box.value !== box.defaultValue) suggestions.show();
}

class Suggestions {
  readonly #box: HTMLInputElement;
  readonly #list: HTMLUListElement;
  readonly #said: HTMLParagraphElement;
  #shown: Suggestion[] = [];
  #chosen = -1;
  #asked = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(box: HTMLInputElement) {
    this.#box = box;
    this.#list = document.createElement("ul");
    this.#list.id = `suggestions-${made++}`;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", w("suggestions"));
    this.#list.className =
      "absolute inset-x-0 top-full z-30 mt-1 max-h-[60vh] overflow-y-auto rounded-lg border border-line bg-surface p-1 text-ink shadow-xl";
    this.#list.hidden = true;
    this.#said = document.createElement("p");
    this.#said.setAttribute("role", "status");
    this.#said.className = "sr-only";
    box.after(this.#list, this.#said);
    box.setAttribute("role", "combobox");
    box.setAttribute("aria-autocomplete", "list");
    box.setAttribute("aria-controls", this.#list.id);
    box.setAttribute("aria-expanded", "false");
    box.addEventListener("input", () => this.#later());
    box.addEventListener("click", () => this.show());
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("blur", () => this.#close());
    box.form?.addEventListener("submit", () => rememberSearch(box.value));
    // Pressing must not take the focus out of the box; releasing chooses.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest("li") : null;
      if (row !== null) this.#take(Array.from(this.#list.children).indexOf(row));
    });
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.show(), pauseMs);
  }

  /** Asks for what fits the text as it is now, and shows it while the box has the focus. */
  show(): void {
    this.#asked.abort();
    this.#asked = new AbortController();
    const { signal } = this.#asked;
    const text = this.#box.value.slice(0, this.#box.selectionStart ?? undefined);
    const recent = recentSearches()
      .filter(
        (one) => one !== this.#box.value && one.toLowerCase().includes(this.#box.value.trim().toLowerCase()),
      )
      .slice(0, this.#box.value === "" ? recentMax : 3)
      .map((one): Suggestion => ({ kind: "recent", text: one, label: one }));
    ask(text, signal)
      .catch((error: unknown) => {
        // Superseded by the next letter, or no connection: the box itself works without.
        if (error instanceof DOMException || error instanceof TypeError) return [];
        throw error;
      })
      .then((found) => {
        if (!signal.aborted) this.#fill([...recent, ...found]);
      });
  }

  #fill(found: Suggestion[]): void {
    this.#shown = found;
    this.#chosen = -1;
    this.#box.removeAttribute("aria-activedescendant");
    this.#list.replaceChildren(...found.map((one, n) => this.#row(one, n)));
    const open = found.length > 0 && document.activeElement === this.#box;
    this.#list.hidden = !open;
    this.#box.setAttribute("aria-expanded", String(open));
    if (document.activeElement === this.#box)
      this.#said.textContent = w("suggestionsSaid", { count: found.length });
  }

  #row(one: Suggestion, n: number): HTMLLIElement {
    const row = document.createElement("li");
    row.id = `${this.#list.id}-${n}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    row.className =
      "flex min-h-10 cursor-pointer items-center justify-between gap-3 rounded-md px-3 text-sm hover:bg-raised aria-selected:bg-raised";
    const label = document.createElement("span");
    label.className = "truncate";
    label.textContent = one.label;
    const kind = document.createElement("span");
    kind.className = "shrink-0 text-muted";
    const name = w(`suggestionKinds.${one.kind}`);
    kind.textContent =
      one.count === undefined
        ? name
        : `${name} · ${new Intl.NumberFormat(document.documentElement.lang).format(one.count)}`;
    row.append(label, " ", kind);
    return row;
  }

  #choose(n: number): void {
    const rows = Array.from(this.#list.children);
    rows[this.#chosen]?.setAttribute("aria-selected", "false");
    this.#chosen = n;
    const row = rows[n];
    if (row === undefined) {
      this.#box.removeAttribute("aria-activedescendant");
      return;
    }
    row.setAttribute("aria-selected", "true");
    row.scrollIntoView({ block: "nearest" });
    this.#box.setAttribute("aria-activedescendant", row.id);
  }

  #key(event: KeyboardEvent): void {
    // A syllable that is being put together has these keys for itself.
    if (event.isComposing) return;
    const count = this.#list.hidden ? 0 : this.#shown.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (count === 0) {
        this.show();
        return;
      }
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      // One place more than there are rows: the box itself.
      this.#choose(((this.#chosen + 1 + step + count + 1) % (count + 1)) - 1);
    } else if (event.key === "Enter" && count > 0 && this.#chosen >= 0) {
      event.preventDefault();
      this.#take(this.#chosen);
    } else if (event.key === "Escape" && count > 0) {
      event.preventDefault();
      this.#close();
    }
  }

  /** Puts a suggestion where the last part stood. What is complete is searched for; a filter's name waits for its value. */
  #take(n: number): void {
    const one = this.#shown[n];
    if (one === undefined) return;
    const box = this.#box;
    if (one.kind === "recent") {
      box.value = one.text;
      box.form?.requestSubmit();
      return;
    }
    const caret = box.selectionStart ?? box.value.length;
    const before = box.value.slice(0, caret);
    const typed = tail.exec(before)?.[1] ?? "";
    const start = before.slice(0, before.length - typed.length);
    const minus = typed.startsWith("-") ? "-" : "";
    const after = box.value.slice(caret).trimStart();
    const text = `${start}${minus}${one.text}${one.kind === "filter" ? "" : " "}`;
    box.value = text + after;
    box.setSelectionRange(text.length, text.length);
    this.show();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#asked.abort();
    this.#list.hidden = true;
    this.#box.setAttribute("aria-expanded", "false");
    this.#choose(-1);
  }
}
