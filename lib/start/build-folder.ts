/** Where the built pages are. Apart from the builder, since the pages themselves ask for it as well. */
import path from "node:path";

/** A module inside the built pages has no folder of its own; the web process runs in the project's. */
const project: string =
  typeof import.meta.dirname === "string" ? path.join(import.meta.dirname, "..", "..") : process.cwd();

/** The folder next writes to; next.config.ts reads the same variable. */
export const buildFolder = (environment: Record<string, string | undefined>): string =>
  path.resolve(project, environment.TINTYPE_BUILD || ".next");
