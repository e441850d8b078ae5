/** The folder the person stands in: the command itself runs in the project's, whatever starts it. */
import path from "node:path";

/** A path as the person means it, made absolute. */
export const fromHere = (file: string): string =>
  path.resolve(process.env.TINTYPE_CALLED_FROM ?? process.cwd(), file);
