/** Next's hook for what fails while a page is made, or an action done; app/_server puts what is told here into the answer. */
import { sayNonsense } from "#lib/answer.ts";
import { noteFailure } from "#lib/database-gone.ts";
import { isNonsense } from "#lib/nonsense.ts";

export function onRequestError(
  error: unknown,
  { method }: { method: string },
  { routeType }: { routeType: string },
): void {
  noteFailure(error);
  // 400 instead of 500: an alarm on failures must not be anybody's to ring.
  if (method === "POST" && isNonsense(error, routeType === "action")) sayNonsense();
}
