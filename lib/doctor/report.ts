/** The findings as text for a terminal: calm where all is well, exact where it is not. */
import { stripVTControlCharacters, styleText } from "node:util";
import { words } from "../words.ts";
import { type Finding, tally, type Verdict } from "./finding.ts";

const w = words("doctor");

const signs: Record<Verdict, string> = { ok: "✓", warn: "!", fail: "✗", skipped: "–" };
const colours = { ok: "green", warn: "yellow", fail: "red", skipped: "dim" } as const;
const indent = "    ";

export type Look = { colour: boolean; columns: number };

/** Breaks a text between words. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/**
 * One finding, without a line end after it; `before` are those told already, so that no change is told twice. What the
 * store said cannot move the cursor or change the colours.
 */
export function findingText(
  finding: Finding,
  { colour, columns }: Look,
  before: readonly Finding[] = [],
): string {
  const { id, verdict, subject, because, change } = finding;
  const paint = (style: "green" | "yellow" | "red" | "dim" | "bold", text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const width = Math.max(40, Math.min(columns, 110) - indent.length);
  const block = (text: string): string[] =>
    wrapped(stripVTControlCharacters(text), width).map((line) => indent + line);
  const about = subject === undefined ? "" : ` (${subject})`;
  const title = `${paint(colours[verdict], signs[verdict])} ${verdict === "fail" ? paint("bold", w(`probes.${id}.title`)) : w(`probes.${id}.title`)}${about}`;
  if (because !== undefined)
    return [
      title,
      ...block(`Not examined: first mend “${w(`probes.${because}.title`)}”.`).map((line) =>
        paint("dim", line),
      ),
    ].join("\n");
  const lines = [title];
  const found = block(finding.found);
  if (verdict === "ok" || verdict === "skipped")
    return [title, ...found.map((line) => paint("dim", line))].join("\n");
  lines.push(...block(w(`probes.${id}.proves`)).map((line) => paint("dim", line)), ...found);
  const same = before.find((one) => change?.run !== undefined && one.change?.run === change.run);
  const say = same === undefined ? change?.say : w("sameChange", { title: w(`probes.${same.id}.title`) });
  if (say !== undefined) {
    const [first = "", ...rest] = wrapped(stripVTControlCharacters(say), width - 2);
    lines.push(`${indent}→ ${first}`, ...rest.map((line) => `${indent}  ${line}`));
  }
  // Not broken into lines: it is meant to be copied.
  if (change?.run !== undefined && same === undefined)
    for (const line of change.run.split("\n"))
      lines.push(`${indent}    ${stripVTControlCharacters(line)}`.trimEnd());
  return lines.join("\n");
}

/** "32 of 35 probes are well; 1 warning; 2 faults: …" */
export function summary(findings: readonly Finding[]): string {
  const counts = tally(findings);
  const examined = findings.length - counts.skipped;
  const parts = [`${counts.ok} of ${examined} ${examined === 1 ? "probe is" : "probes are"} well`];
  if (counts.warn > 0) parts.push(`${counts.warn} ${counts.warn === 1 ? "warning" : "warnings"}`);
  if (counts.fail > 0) parts.push(`${counts.fail} ${counts.fail === 1 ? "fault" : "faults"} to mend`);
  const waiting = findings.filter(({ because }) => because !== undefined).length;
  if (waiting > 0) parts.push(`${waiting} not examined because of ${counts.fail === 1 ? "it" : "them"}`);
  const inapplicable = counts.skipped - waiting;
  if (inapplicable > 0) parts.push(`${inapplicable} ${inapplicable === 1 ? "does" : "do"} not apply here`);
  const first = findings.find(({ verdict }) => verdict === "fail");
  const start = first === undefined ? "" : ` Start with “${w(`probes.${first.id}.title`)}”.`;
  return `${parts.join(", ")}.${start}`;
}

/** The same for programs: one line of JSON, with the words. */
export const findingJson = (finding: Finding): string =>
  JSON.stringify({
    ...finding,
    title: w(`probes.${finding.id}.title`),
    proves: w(`probes.${finding.id}.proves`),
  });
