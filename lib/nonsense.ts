/**
 * Whether an action failed because what it was sent could not be read. Next reads it before any code of ours runs, gives
 * every failure the status 500 and has no type for this one: only where it was thrown tells it from a fault of ours.
 */

/** Next's own code, and not what it was built into (ours). */
const reader = /[\\/]next[\\/]dist[\\/]compiled[\\/]/;
const ours = /[\\/]server[\\/](?:chunks|app)[\\/](?!.*node_modules_next_)/;
/** A place in a file; what the language itself throws is thrown for whoever called it. */
const place =
  /\((?:file:\/\/)?([\\/].*|[a-z]:\\.*):\d+:\d+\)$|at (?:async )?(?:file:\/\/)?([\\/].*|[a-z]:\\.*):\d+:\d+$/i;

/** `action` when Next says that the failure is an action's, not a page's. */
export function isNonsense(error: unknown, action: boolean): boolean {
  if (!(error instanceof Error) || error.stack === undefined) return false;
  const frames = error.stack.split("\n").filter((line) => /^\s+at /.test(line));
  const files = frames.flatMap((line) => {
    const [, inner, bare] = place.exec(line.trim().slice(0, 1_000)) ?? [];
    return inner ?? bare ?? [];
  });
  if (files.some((file) => ours.test(file))) return false;
  // A form that was sent without a script is read by undici, and its action by a function of that name.
  if (!action)
    return frames.some((line) => /\bdecode(Action|FormState)\b|\bmultipartFormDataParser\b/.test(line));
  return files[0] !== undefined && reader.test(files[0]);
}
