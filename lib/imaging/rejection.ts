import type { RejectCode } from "#lib/media.ts";

/** A verdict about the bytes of an original; every other error from imaging is a fault of ours and may be retried. */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly code: RejectCode;

  constructor(code: RejectCode, why: string, options?: { cause: unknown }) {
    super(`${code}: ${why}`, options);
    this.code = code;
  }
}
