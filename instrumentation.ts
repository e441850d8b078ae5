/** Next's hook for what fails while a page is made; its answer becomes 503 in app/_server when that is the database. */
import { noteFailure } from "#lib/database-gone.ts";

export function onRequestError(error: unknown): void {
  noteFailure(error);
}
