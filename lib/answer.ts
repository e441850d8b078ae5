/**
 * What a page says in the head of its answer besides what Next lets it say: its status, and headers of its own. Kept
 * by the web server for the request that is being answered; elsewhere nobody listens.
 */
export type Said = {
  status?: number;
  headers: [name: string, value: string][];
  /** What was asked cannot be read: that Next fails at it is no failure of ours. */
  nonsense?: boolean;
};

declare global {
  /** Set by the web server around every request. */
  var tintypeAnswer: (() => Said | undefined) | undefined;
}

/** The status of a page that is rendered as usual: 410 for what is over, 401 for what asks for a password. */
export function sayStatus(status: number): void {
  const said = globalThis.tintypeAnswer?.();
  if (said !== undefined) said.status = status;
}

/** Adds a header, such as Set-Cookie, which a page cannot send otherwise. */
export function sayHeader(name: string, value: string): void {
  globalThis.tintypeAnswer?.()?.headers.push([name, value]);
}

/** That Next will fail because it cannot read what it was sent. */
export function sayNonsense(): void {
  const said = globalThis.tintypeAnswer?.();
  if (said !== undefined) said.nonsense = true;
}
