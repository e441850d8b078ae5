/** The queue's own lines in our log: its library says one outage in twenty ways, with numbers that differ each time. */

type Level = "error" | "warning" | "info" | "debug";
type Sink = {
  error(fields: object, message: string): void;
  warn(message: string): void;
  debug(fields: object, message: string): void;
};

const quietMs = 60_000;
const outage = "The database does not answer; trying again.";
const unreachable =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT|CONNECTION_(CLOSED|ENDED|DESTROYED)|connection terminated|client has encountered a connection error|timeout expired|terminating connection|the database system is|^(57P0[123]|53300|08\w{3})$/i;

/** Writes every cause at most once a minute; every line of the library is there at level debug. */
export function queueLog(
  sink: Sink,
  now: () => number = Date.now,
): (level: Level, message: string, meta?: object) => void {
  const told = new Map<string, number>();
  const isNews = (text: string): boolean => {
    // Ids and durations make no new cause.
    const cause = text.replace(/[0-9a-f-]*\d[0-9a-f-]*/gi, "");
    const at = told.get(cause);
    if (at !== undefined && now() - at < quietMs) return false;
    if (told.size > 500) told.clear();
    told.set(cause, now());
    return true;
  };
  return (level, message, meta = {}) => {
    sink.debug(meta, message);
    if (level !== "error" && level !== "warning") return;
    const error = errorIn(meta);
    const sentence = sentenceOf(message, meta, error);
    if (!isNews(sentence === outage ? outage : `${sentence} ${error?.message}`)) return;
    if (sentence === outage || level === "warning") sink.warn(sentence);
    else sink.error(error === undefined ? {} : { err: error }, sentence);
  };
}

const field = (from: unknown, name: string): unknown =>
  typeof from === "object" && from !== null ? Reflect.get(from, name) : undefined;

const errorIn = (meta: object): Error | undefined =>
  [field(meta, "error"), field(meta, "err"), field(meta, "fatalError")].find(
    (value) => value instanceof Error,
  );

function sentenceOf(message: string, meta: object, error: Error | undefined): string {
  if (isOutage(error, message)) return outage;
  const job = field(meta, "job");
  const task = field(job, "task_identifier");
  // The error itself stands beside it.
  if (typeof task === "string" && error !== undefined) {
    const isLast = Number(field(job, "attempts")) >= Number(field(job, "max_attempts"));
    return isLast ? `The job ${task} failed` : `The job ${task} failed and is tried again`;
  }
  return message;
}

function isOutage(error: Error | undefined, message: string): boolean {
  // A store that does not answer has the same codes; it has sentences of its own.
  if (error?.name === "StorageError") return false;
  if (error === undefined) return unreachable.test(message);
  // Drizzle gives its failures no name of their own.
  const cause = error.message.startsWith("Failed query: ") ? error.cause : error;
  return (
    unreachable.test(String(field(cause, "code") ?? "")) ||
    (cause instanceof Error && unreachable.test(cause.message))
  );
}
