/** Where everything is kept when nobody says so. */
import { statSync } from "node:fs";
import path from "node:path";

/** Debian's place for what a service keeps. */
const systemFolder = "/var/lib/tintype";

/**
 * The folder to use instead of `.tintype`, or undefined. Started by root below a closed folder such as /root, the
 * usual place would be one that Postgres, which refuses to run as root, may not enter.
 */
export function systemDataFolder(start: string, isRoot: boolean): string | undefined {
  if (!isRoot || process.platform === "win32") return undefined;
  for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return systemFolder;
    if (folder === path.dirname(folder)) return undefined;
  }
}
