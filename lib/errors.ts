/**
 * Every failure that is meant to reach a person or a program has a code here; anything else is a bare 500.
 * The sentence for people is `errors.<code>` in the message catalogue; the code is for programs and never changes.
 */
export const errorStatus = {
  bad_request: 400,
  bad_json: 400,
  unknown_field: 400,
  impossible_date: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_offered: 403,
  cross_site: 403,
  not_found: 404,
  object_missing: 409,
  conflict: 409,
  duplicate: 409,
  gone: 410,
  not_undoable: 410,
  too_large: 413,
  wrong_content_type: 415,
  rejected: 422,
  quota_exceeded: 422,
  rate_limited: 429,
  too_many_in_flight: 429,
  daily_limit: 429,
  internal: 500,
  storage_unavailable: 503,
  database_unavailable: 503,
  not_ready: 503,
  busy: 503,
  being_made: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

export type ErrorDetails = Record<string, string | number | boolean | null | string[]>;

/** A failure with a code for programs; `details` are safe to show, `cause` stays in the log. */
export class TintypeError extends Error {
  override readonly name = "TintypeError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** Seconds after which trying again makes sense; sent as Retry-After. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    options: { details?: ErrorDetails; cause?: unknown; retryAfter?: number; message?: string } = {},
  ) {
    super(options.message ?? code, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfter = options.retryAfter;
  }

  get status(): number {
    return errorStatus[this.code];
  }
}
