import type { ReactNode } from "react";
import { sayStatus } from "#lib/answer.ts";
import { DeadEnd } from "./dead-end.tsx";

/**
 * The page for what is not there, or not for this reader to know of. Next's notFound() and forbidden() answer with an
 * empty page that only a script fills: white at first, and for good without JavaScript.
 */
export function missing(): ReactNode {
  sayStatus(404);
  return <DeadEnd kind="notFound" />;
}

/** The page for what only administrators may see. */
export function refused(): ReactNode {
  sayStatus(403);
  return <DeadEnd kind="forbidden" />;
}
