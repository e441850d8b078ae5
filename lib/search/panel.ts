/**
 * The filter panel beside the search box: fields of a plain form that say the same as filters in the query. What the
 * panel can show is in its fields, the rest of the query goes along in `rest`. Safe in the browser.
 */
import { day } from "./dates.ts";
import { type Clause, parseQuery, writeQuery } from "./query.ts";
import { colorNames, swatches } from "./values.ts";

export const sizesShown = [2, 8, 12, 24] as const;
export const panelTypes = ["picture", "video", "live", "jpeg", "png", "webp", "avif", "gif", "heic"] as const;

const fields = [
  "from",
  "to",
  "type",
  "orientation",
  "color",
  "size",
  "rating",
  "visibility",
  "camera",
  "lens",
  "tag",
  "album",
  "owner",
  "favourite",
  "mine",
  "noalt",
] as const;
export type PanelField = (typeof fields)[number];
export type Panel = Partial<Record<PanelField, string>>;

/** The field that shows exactly this clause, and what it holds. */
function fieldOf(clause: Clause): [PanelField, string] | undefined {
  if (clause.not) return undefined;
  switch (clause.kind) {
    case "type":
    case "orientation":
      return clause.values.length === 1 ? [clause.kind, clause.values[0] ?? ""] : undefined;
    case "color": {
      const name = swatches.find((name) => `#${colorNames[name]}` === clause.color);
      return name === undefined ? undefined : ["color", name];
    }
    case "size":
      return clause.max === undefined && sizesShown.some((shown) => shown === clause.min)
        ? ["size", String(clause.min)]
        : undefined;
    case "rating":
      return clause.min !== undefined && clause.min > 0 && (clause.max === undefined || clause.min === 5)
        ? ["rating", String(clause.min)]
        : undefined;
    case "camera":
    case "lens":
    case "tag":
    case "album":
    case "owner":
      return [clause.kind, clause.name];
    case "is":
      if (clause.state === "favourite" || clause.state === "mine") return [clause.state, "1"];
      return clause.state === "animated" ? undefined : ["visibility", clause.state];
    case "no":
      return clause.what === "alt" ? ["noalt", "1"] : undefined;
    default:
      return undefined;
  }
}

/** How many conditions hold besides the words; also those that the panel has no field for, and those turned round. */
export const filterCount = (clauses: Clause[]): number =>
  clauses.filter(({ kind }) => kind !== "word").length;

/** What the panel's fields hold for these clauses, and the clauses it has no field for. */
export function panelOf(clauses: Clause[]): { panel: Panel; rest: Clause[] } {
  const panel: Panel = {};
  const rest: Clause[] = [];
  for (const clause of clauses) {
    const isFirstDate =
      clause.kind === "date" && !clause.not && panel.from === undefined && panel.to === undefined;
    if (isFirstDate) {
      if (clause.from !== undefined) panel.from = clause.from;
      if (clause.to !== undefined) panel.to = clause.to;
      continue;
    }
    const shown = fieldOf(clause);
    if (shown === undefined || panel[shown[0]] !== undefined) rest.push(clause);
    else panel[shown[0]] = shown[1];
  }
  return { panel, rest };
}

/** A day of a date field; anything else is as if it had been left empty. */
const dayIn = (value: string | undefined): string | undefined => {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value ?? "");
  return found === null ? undefined : day(Number(found[1]), Number(found[2]), Number(found[3]));
};

/** The filters that the panel's fields stand for, as they are typed. */
function written(panel: Panel): string[] {
  const value = (field: PanelField): string => (panel[field] ?? "").replaceAll(/["“”„\s]+/gu, " ").trim();
  const from = dayIn(panel.from);
  const to = dayIn(panel.to);
  const parts: string[] = [];
  if (from !== undefined || to !== undefined) parts.push(`date:${from ?? ""}..${to ?? ""}`);
  for (const field of ["type", "orientation", "color"] as const)
    if (value(field) !== "") parts.push(`${field}:${value(field)}`);
  for (const field of ["tag", "album", "camera", "lens", "owner"] as const)
    if (value(field) !== "") parts.push(`${field}:"${value(field)}"`);
  if (value("size") !== "") parts.push(`size:>=${value("size")}mp`);
  if (value("rating") !== "") parts.push(`rating:>=${value("rating")}`);
  if (value("visibility") !== "") parts.push(`is:${value("visibility")}`);
  if (value("favourite") !== "") parts.push("is:favourite");
  if (value("mine") !== "") parts.push("is:mine");
  if (value("noalt") !== "") parts.push("no:alt");
  return parts;
}

/** The query that a sent panel stands for; `undefined` when the address is none of a panel. */
export function queryOfPanel(params: Record<string, string | string[] | undefined>): string | undefined {
  const sent = fields.filter((field) => typeof params[field] === "string");
  const rest = typeof params.rest === "string" ? params.rest : undefined;
  if (sent.length === 0 && rest === undefined) return undefined;
  const panel: Panel = Object.fromEntries(sent.map((field) => [field, params[field]]));
  const text = [rest ?? (typeof params.q === "string" ? params.q : ""), ...written(panel)].join(" ").trim();
  const { clauses, problems } = parseQuery(text);
  // A value that cannot be is left in the box as it is, where the person is told.
  return problems.length === 0 ? writeQuery(clauses) : text;
}
