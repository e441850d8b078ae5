/** Why a store cannot start, for the person who starts it. */
import { SettingsError } from "../../env.ts";
import { systemCode } from "./s3-error.ts";

export type Place = { folder: string; host: string; port: number };
/** What to change: names of variables, or of options. */
export type Advice = { folder: string; host: string; port: string };

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What went wrong and what to do, in a sentence. */
export function sentenceFor(error: unknown, at: Place, advice: Advice): string {
  if (error instanceof SettingsError) return error.message;
  if (error instanceof Error && error.name === "StoreInUse")
    return `The store folder ${at.folder} is in use by another Tintype. Stop that one first, or set ${advice.folder}.`;
  switch (systemCode(error)) {
    case "EADDRINUSE":
      return `Port ${at.port} of ${at.host} is taken, so the store cannot start. Set ${advice.port} to a free one.`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${at.host} is not an address of this machine, so the store cannot start. Set ${advice.host}.`;
    case "EACCES":
    case "EPERM":
    case "EROFS":
    case "ENOTDIR":
    case "EEXIST":
      return `The store cannot write to ${at.folder} or listen on port ${at.port}: ${message(error)}.`;
    case "ERR_SQLITE_ERROR":
      return `The store cannot use its index in ${at.folder}: ${message(error)}.`;
    case "ENOSPC":
      return `The disk under ${at.folder} is full.`;
    default:
      return `The store cannot start: ${message(error)}`;
  }
}
