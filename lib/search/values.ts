/** Numbers with their bounds and units, and the names of colours, as the search box takes them. Safe in the browser. */

/** Both included; open at a side that is missing. */
export type Span = { min?: number; max?: number };

type Bounds = { max: number; decimals: number; unit: string };

/** 5 · >=4 · <3 · 2..4 · 12mp. A number alone is a span of one. */
export function readNumbers(text: string, bounds: Bounds): Span | "backwards" | undefined {
  const number = (part: string): number | undefined => {
    const bare = part.trim().toLowerCase();
    const digits =
      bounds.unit !== "" && bare.endsWith(bounds.unit) ? bare.slice(0, -bounds.unit.length).trim() : bare;
    if (!/^\d{1,7}(\.\d{1,2})?$/.test(digits)) return undefined;
    const value = Number(digits);
    return value <= bounds.max && Number(value.toFixed(bounds.decimals)) === value ? value : undefined;
  };
  const step = 10 ** -bounds.decimals;
  const round = (value: number): number => Number(value.toFixed(bounds.decimals));
  const compared = /^(>=|<=|>|<|=)(.+)$/.exec(text);
  if (compared !== null) {
    const value = number(compared[2] ?? "");
    if (value === undefined) return undefined;
    if (compared[1] === ">=") return { min: value };
    if (compared[1] === "<=") return { max: value };
    if (compared[1] === ">") return value === bounds.max ? undefined : { min: round(value + step) };
    if (compared[1] === "<") return value === 0 ? "backwards" : { max: round(value - step) };
    return { min: value, max: value };
  }
  const [first = "", second, more] = text.split("..");
  const min = number(first);
  if (second === undefined) return min === undefined ? undefined : { min, max: min };
  const max = number(second);
  if (more !== undefined || (first !== "" && min === undefined) || (second !== "" && max === undefined))
    return undefined;
  if (min === undefined && max === undefined) return undefined;
  if (min !== undefined && max !== undefined && min > max) return "backwards";
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

export function writeNumbers({ min, max }: Span, unit: string): string {
  if (min !== undefined && min === max) return `${min}${unit}`;
  if (max === undefined) return `>=${min ?? 0}${unit}`;
  return min === undefined ? `<=${max}${unit}` : `${min}..${max}${unit}`;
}

/** The colours of the panel, and what they are called in the box. */
export const swatches = [
  "red",
  "orange",
  "yellow",
  "green",
  "teal",
  "blue",
  "purple",
  "pink",
  "brown",
  "white",
  "gray",
  "black",
] as const;
export const colorNames: Record<string, string> & Record<(typeof swatches)[number], string> = {
  red: "c0392b",
  orange: "d9822b",
  yellow: "e0c341",
  green: "4c8c4a",
  teal: "3a8f8c",
  blue: "3f6fb5",
  purple: "7d4f9e",
  pink: "d98aa5",
  brown: "7a5a3a",
  white: "f2f2f0",
  gray: "8a8a8a",
  grey: "8a8a8a",
  black: "1c1c1c",
};
