/** A bar for what takes a while: to standard error, on a terminal only, and gone when the work is done. */
import { size } from "./output.ts";

const everyMs = 100;
/** Short transfers end before a bar would have said anything. */
const afterMs = 400;
const cells = 24;
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

export type Progress = {
  /** `name` is what is being worked on now. */
  at(name: string): void;
  add(bytes: number): void;
  /** Wipes the bar, so that a line can be written in its place. */
  clear(): void;
  end(): void;
};

const seconds = new Intl.NumberFormat("en", { minimumIntegerDigits: 2 });

function left(ms: number): string {
  const total = Math.ceil(ms / 1000);
  if (total >= 3600)
    return `${Math.floor(total / 3600)}:${seconds.format(Math.floor(total / 60) % 60)} h left`;
  return `${Math.floor(total / 60)}:${seconds.format(total % 60)} left`;
}

function bar(share: number): string {
  const filled = share * cells;
  const whole = Math.floor(filled);
  return `${"█".repeat(whole)}${eighths[Math.floor((filled - whole) * 8)] ?? ""}`.padEnd(cells, "░");
}

/** Cut in the middle: the end of a path says most, its beginning where it is. */
function fitted(text: string, columns: number): string {
  const letters = [...text];
  if (letters.length <= columns) return text;
  if (columns < 8) return "";
  const head = Math.floor((columns - 1) / 3);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (columns - 1 - head)).join("")}`;
}

/** The line for a moment of the work. `total` undefined is a length that nobody knows. */
export function progressLine(state: {
  name: string;
  done: number;
  total: number | undefined;
  elapsedMs: number;
  columns: number;
}): string {
  const { done, total, elapsedMs } = state;
  const pace = elapsedMs > 0 ? (done * 1000) / elapsedMs : 0;
  const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const parts = [
    ...(share === undefined ? [] : [`${bar(share)} ${String(Math.floor(share * 100)).padStart(3)} %`]),
    total === undefined ? size(done) : `${size(done)} of ${size(total)}`,
    `${size(Math.round(pace))}/s`,
    ...(share === undefined || share === 0 || share === 1 ? [] : [left((elapsedMs * (1 - share)) / share)]),
  ];
  const line = parts.join("  ");
  return `${line}  ${fitted(state.name, state.columns - line.length - 3)}`
    .trimEnd()
    .slice(0, state.columns - 1);
}

/** `total` in bytes, undefined when nobody knows it. Silent where nobody looks. */
export function progress(total: number | undefined, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (stream.isTTY !== true || process.env.TERM === "dumb")
    return { at: () => {}, add: () => {}, clear: () => {}, end: () => {} };
  const started = performance.now();
  let [name, done, shown] = ["", 0, false];
  const clear = (): void => {
    if (shown) stream.write("\r\u001b[2K");
    shown = false;
  };
  const draw = (): void => {
    const elapsedMs = performance.now() - started;
    if (elapsedMs < afterMs) return;
    stream.write(
      `\r\u001b[2K${progressLine({ name, done, total, elapsedMs, columns: Math.max(stream.columns ?? 80, 40) })}`,
    );
    shown = true;
  };
  const timer = setInterval(draw, everyMs);
  timer.unref();
  return {
    at(now) {
      name = now;
    },
    add(bytes) {
      done += bytes;
    },
    clear,
    end() {
      clearInterval(timer);
      clear();
    },
  };
}
