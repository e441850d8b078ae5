/**
 * What Next writes to the console, in our log instead: it prints a page's failure with everything in it, and with one of
 * the database the parameters of the query, such as the token of a session.
 */
import { stripVTControlCharacters } from "node:util";
import type { Logger } from "pino";

const levels = { error: "error", warn: "warn", log: "info", info: "info" } as const;

/** From now on, for the whole process. Signs such as Next's cross say nothing in a log. */
export function logConsole(logger: Pick<Logger, "error" | "warn" | "info">): void {
  for (const [name, level] of Object.entries(levels))
    Reflect.set(console, name, (...given: unknown[]) => {
      const err = given.find((one) => one instanceof Error);
      const said = given
        .filter((one) => typeof one === "string")
        .map((one) => stripVTControlCharacters(one).trim())
        .filter((one) => /\p{L}/u.test(one));
      logger[level](
        err === undefined ? {} : { err },
        said.length === 0 ? "a page could not be made" : said.join(" "),
      );
    });
}
