"use client";
import { type CSSProperties, type ReactNode, useId } from "react";
import { monthText } from "../months.ts";
import { selection, useSpanChosen } from "./selecting.ts";

/** Chooses all of a day or a month, once somebody keeps what is chosen. */
export function ChooseSpan({ span, label, tab }: { span: string; label: string; tab?: number }) {
  const chosen = useSpanChosen(span);
  if (chosen === undefined) return null;
  return (
    <input
      type="checkbox"
      checked={chosen}
      aria-label={label}
      tabIndex={tab}
      onChange={() => (span.length > 7 ? selection()?.chooseDay(span) : selection()?.chooseMonth(span))}
      className="choose-span"
    />
  );
}

/** The name of the month at the top of the window, and the day of the row there; for eyes, the headings are below it. */
export function MonthOver({
  month,
  title,
  day,
  beside,
}: {
  month: number;
  title: string;
  day: string | undefined;
  /** The names of the months next to it, and where they stand. */
  beside: { name: string; x: number }[];
}) {
  return (
    <div aria-hidden="true" className="month-head">
      <b>{title}</b>
      {/* Made anew when the words change: moved by longer ones, they would count as a layout that shifts. */}
      <span key={`day after ${title}`}>{day}</span>
      <ChooseSpan key={`box after ${title} ${day}`} span={monthText(month)} label={title} tab={-1} />
      {beside.map(({ name, x }) => (
        <b key={name} style={{ position: "absolute", insetInlineStart: x + 1 }}>
          {name}
        </b>
      ))}
    </div>
  );
}

/** The pictures of a month under its name. */
export function MonthSection({
  month,
  title,
  choose,
  aside,
  placed,
  children,
}: {
  month: number;
  title: string;
  /** Before the month's name: what a click on its box does. */
  choose: string;
  /** What it takes of a row that others may share: the sum of its ratios, and its number of gaps. */
  aside?: [number, number] | undefined;
  /** Where it begins, once the timeline places its tiles itself. */
  placed?: { top: number; x?: number; width?: number };
  children: ReactNode;
}) {
  const id = useId();
  // What was guessed above it becomes known: it moves with the pictures, and by transform no layout shifts.
  const place =
    placed === undefined
      ? undefined
      : {
          transform: `translateY(${placed.top}px)`,
          ...(placed.x === undefined
            ? undefined
            : { insetInline: `${placed.x}px auto`, width: placed.width }),
        };
  const share: CSSProperties | undefined =
    placed !== undefined || aside === undefined
      ? undefined
      : { ["--sum" as string]: aside[0], ["--n" as string]: aside[1] };
  return (
    <section aria-labelledby={id} className="month" style={share}>
      {/* Another element when it is placed: one that moved far would count as a layout that shifted. */}
      <div key={placed === undefined ? "flows" : "placed"} className="month-head" style={place}>
        <ChooseSpan span={monthText(month)} label={`${choose}: ${title}`} />
        <h2 id={id}>{title}</h2>
      </div>
      {children}
    </section>
  );
}
