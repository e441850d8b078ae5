import assert from "node:assert/strict";
import { test } from "node:test";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { StorageError } from "../storage/port.ts";
import { queueLog } from "./queue-log.ts";

function recorder() {
  const lines: string[] = [];
  let time = 0;
  const write = queueLog(
    {
      error: (fields, message) => lines.push(`error ${message}${"err" in fields ? ` <${fields.err}>` : ""}`),
      warn: (message) => lines.push(`warn ${message}`),
      debug: () => {},
    },
    () => time,
  );
  return { lines, write, pass: (ms: number) => (time += ms) };
}

const refused = (): Error =>
  Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), { code: "ECONNREFUSED" });
const job = { id: "7", task_identifier: "finalize", attempts: 1, max_attempts: 25 };

test("an outage of the database is one sentence a minute, however the library puts it", () => {
  const { lines, write, pass } = recorder();
  write("error", "Error with notify listener (trying again in 113.4ms): connect ECONNREFUSED", {
    error: refused(),
  });
  write(
    "error",
    "PostgreSQL idle client generated error: terminating connection due to administrator command",
  );
  write("error", "Cron hit an error; restarting in 224ms (attempt 2): Error: Connection terminated", {
    error: new Error("Connection terminated unexpectedly"),
  });
  write("error", "Failed task 7 (finalize, 3.11ms, attempt 1 of 25) with error ''", {
    job,
    error: new DrizzleQueryError(
      "select",
      [],
      Object.assign(new Error("closed"), { code: "CONNECTION_CLOSED" }),
    ),
  });
  write("error", "Worker exited with error", {
    error: Object.assign(new AggregateError([refused()]), { code: "ECONNREFUSED" }),
  });
  assert.deepEqual(lines, ["warn The database does not answer; trying again."]);
  pass(60_001);
  write("error", "Error with notify listener (trying again in 9113.4ms)", { error: refused() });
  assert.equal(lines.length, 2);
});

test("a job that fails is told with its own error, once a minute for each cause", () => {
  const { lines, write } = recorder();
  const error = new StorageError("unavailable", "The bucket could not read an object: nothing answers.", {
    cause: refused(),
  });
  write("error", "Failed task 7 (finalize, 3.11ms, attempt 1 of 25)", { job, error });
  write("error", "Failed task 8 (finalize, 4.02ms, attempt 1 of 25)", { job: { ...job, id: "8" }, error });
  const other = new Error("The row is gone");
  write("error", "Failed task 9 (finalize, 4.02ms, attempt 25 of 25)", {
    job: { ...job, attempts: 25 },
    error: other,
  });
  assert.deepEqual(lines, [
    `error The job finalize failed and is tried again <${error}>`,
    `error The job finalize failed <${other}>`,
  ]);
});

test("everything else the library warns about passes, and what it tells in passing does not", () => {
  const { lines, write } = recorder();
  write("warning", "Database is using a newer schema");
  write("error", "Releasing local queue failed: x");
  write("info", "Worker connected and looking for jobs");
  assert.deepEqual(lines, ["warn Database is using a newer schema", "error Releasing local queue failed: x"]);
});
