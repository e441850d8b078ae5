"use client";
import { useState } from "react";
import { Field, SelectField } from "#app/_ui/field.tsx";
import { w } from "#lib/words/select.ts";
import { FormDialog } from "./dialog.tsx";
import { change } from "./keeper.ts";

const modes = ["shift", "set", "zone"] as const;
type Mode = (typeof modes)[number];
const titles = { shift: "dateShift", set: "dateSet", zone: "dateZone" } as const;
const hints = { shift: "dateShiftHint", set: "dateSetHint", zone: "dateZoneHint" } as const;

/** Every offset that some place has had in our time, in minutes east of UTC. */
const zones = [
  -720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -120, -60, 0, 60, 120, 180, 210,
  240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660, 720, 765, 780, 840,
];
const zoneName = (minutes: number): string => {
  const sign = minutes < 0 ? "−" : "+";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${sign}${hours}:${String(rest).padStart(2, "0")}`;
};

/** "2026-11-23", UTC. */
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Shifts the time taken, sets it, or says which zone the clock showed. */
export function DateDialog({ close }: { close: () => void }) {
  const [mode, setMode] = useState<Mode>("shift");
  const [shift, setShift] = useState({ way: "1", days: "0", hours: "0", minutes: "0" });
  const [set, setSet] = useState({ date: "", time: "" });
  const [zone, setZone] = useState(String(-new Date().getTimezoneOffset()));
  const seconds =
    Number(shift.way) *
    (Number(shift.days) * 86_400 + Number(shift.hours) * 3_600 + Number(shift.minutes) * 60);
  const ready = mode === "shift" ? seconds !== 0 : mode === "set" ? set.date !== "" : true;
  const submit = (): void => {
    const done = (count: number): string => w("doneDate", { count });
    if (mode === "shift") void change({ kind: "date", shiftSeconds: seconds }, done);
    else if (mode === "zone") void change({ kind: "date", zoneMinutes: Number(zone) }, done);
    else
      void change(
        { kind: "date", date: set.date, ...(set.time === "" ? {} : { time: `${set.time}:00`.slice(0, 8) }) },
        done,
      );
  };
  return (
    <FormDialog title={w("dateTitle")} ready={ready} close={close} submit={submit}>
      <fieldset className="grid gap-2">
        <legend className="sr-only">{w("dateTitle")}</legend>
        {modes.map((each) => (
          <label key={each} className="flex items-start gap-3 text-sm">
            <input
              type="radio"
              name="mode"
              checked={mode === each}
              onChange={() => setMode(each)}
              className="mt-0.5 size-4 shrink-0"
            />
            <span>
              <span className="block font-medium">{w(titles[each])}</span>
              <span className="block text-muted">{w(hints[each])}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {mode === "shift" ? (
        <div className="grid grid-cols-2 gap-3 sm:grid-cols-4">
          <SelectField
            label={w("direction")}
            value={shift.way}
            onChange={({ target }) => setShift({ ...shift, way: target.value })}
            options={[
              { value: "1", label: w("laterBy") },
              { value: "-1", label: w("earlierBy") },
            ]}
          />
          {(["days", "hours", "minutes"] as const).map((unit) => (
            <Field
              key={unit}
              label={w(unit)}
              type="number"
              min={0}
              max={unit === "days" ? 73_000 : unit === "hours" ? 23 : 59}
              required
              value={shift[unit]}
              onChange={({ target }) => setShift({ ...shift, [unit]: target.value })}
            />
          ))}
        </div>
      ) : mode === "set" ? (
        <div className="grid grid-cols-2 gap-3">
          <Field
            label={w("day")}
            type="date"
            required
            min="1826-01-01"
            max={dayText(Date.now() - new Date().getTimezoneOffset() * 60_000)}
            value={set.date}
            onChange={({ target }) => setSet({ ...set, date: target.value })}
          />
          <Field
            label={w("time")}
            type="time"
            value={set.time}
            onChange={({ target }) => setSet({ ...set, time: target.value })}
          />
        </div>
      ) : (
        <SelectField
          label={w("zone")}
          value={zone}
          onChange={({ target }) => setZone(target.value)}
          options={zones.map((minutes) => ({ value: String(minutes), label: zoneName(minutes) }))}
        />
      )}
    </FormDialog>
  );
}
