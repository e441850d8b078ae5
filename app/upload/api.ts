/** The questions the page asks of the web server, none of which carries a picture byte. No React. */
import type {
  BeginAnswer,
  CompleteAnswer,
  Problem,
  UploadParts,
  UploadPermit,
  UploadView,
} from "#lib/media.ts";
import type { BeginFile } from "#lib/uploads/asked.ts";

/** `status` 0 means that no answer came. `retryAfter` in seconds. `message` is a sentence for people, or "". */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly status: number;
  readonly code: string;
  readonly retryAfter: number | undefined;

  constructor(status: number, code: string, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Every call throws ApiFailure. `now` on the answers' clock: the server's, which the permits' deadlines are told in. */
export type Api = {
  begin(files: BeginFile[]): Promise<BeginAnswer[]>;
  /** `look`: whether the server should ask the bucket first, because nobody here has seen it take the bytes. */
  complete(ids: string[], look: boolean): Promise<CompleteAnswer[]>;
  /** Answered when all of this person's are done, at the latest after `wait` seconds. */
  status(ids: string[], wait: number): Promise<CompleteAnswer[]>;
  renew(id: string): Promise<UploadPermit>;
  /** What is there of a large file, and permits for `numbers`, or for the first parts that are not. */
  parts(id: string, numbers: number[] | undefined): Promise<UploadParts>;
  probe(id: string): Promise<UploadView & { stored?: boolean }>;
  cancel(id: string): Promise<UploadView>;
  open(): Promise<UploadView[]>;
  /** Milliseconds the server's clock is ahead of ours; a wrong clock here must not make good policies look spent. */
  skewMs(): number;
};

const silenceMs = 30_000;

/** `base` is where uploads are asked for: guests have a place of their own. */
export function openApi(base = "/api/uploads"): Api {
  let skew = 0;

  async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init: RequestInit = { method, cache: "no-store", signal: AbortSignal.timeout(silenceMs) };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "content-type": "application/json" };
    }
    const answer = await fetch(path, init).catch((cause: unknown) => {
      throw new ApiFailure(0, "no_answer", cause instanceof Error ? cause.message : "");
    });
    const date = Date.parse(answer.headers.get("date") ?? "");
    if (!Number.isNaN(date)) skew = date - Date.now();
    const text = await answer.text().catch(() => "");
    if (!answer.ok) throw failure(answer, text);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new ApiFailure(0, "no_answer", cause instanceof Error ? cause.message : "");
    }
  }

  const list = async <T>(method: string, path: string, body?: unknown): Promise<T[]> =>
    (await ask<{ uploads: T[] }>(method, path, body)).uploads;

  return {
    begin: (uploads) => list("POST", base, { uploads }),
    complete: (ids, look) => list("POST", `${base}/complete`, { ids, look }),
    status: (ids, wait) => list("POST", `${base}/status`, { ids, wait }),
    renew: (id) => ask("POST", `${base}/${id}/renew`, {}),
    parts: (id, numbers) => ask("POST", `${base}/${id}/parts`, numbers === undefined ? {} : { numbers }),
    probe: (id) => ask("GET", `${base}/${id}?probe=1`),
    cancel: (id) => ask("DELETE", `${base}/${id}`),
    open: () => list("GET", base),
    skewMs: () => skew,
  };
}

function failure(answer: Response, text: string): ApiFailure {
  const after = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
  const retryAfter = Number.isNaN(after) ? undefined : after;
  let problem: Partial<Problem> = {};
  try {
    problem = JSON.parse(text) as Partial<Problem>;
  } catch {
    // A proxy in between answers in HTML; its status says enough.
    problem = {};
  }
  return new ApiFailure(answer.status, problem.code ?? "", problem.detail ?? problem.title ?? "", retryAfter);
}
