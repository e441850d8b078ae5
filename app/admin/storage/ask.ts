/** The questions the page asks of the web server. No React. */
import type { Finding } from "#lib/doctor/finding.ts";
import type { BrowserFinding, Report, Trial } from "#lib/doctor/trial.ts";

/** `message` is the server's own sentence for people, or "" when no answer came. */
export class AskFailure extends Error {
  override readonly name = "AskFailure";
}

async function post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(path, {
    method: "POST",
    cache: "no-store",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  }).catch((cause: unknown) => {
    throw new AskFailure("", { cause });
  });
  if (answer.ok) return answer;
  // Not from this server (a proxy's page): refused all the same, without a sentence of its own.
  const problem: unknown = await answer.json().catch(() => undefined);
  const detail = typeof problem === "object" && problem !== null && "detail" in problem ? problem.detail : "";
  throw new AskFailure(typeof detail === "string" ? detail : "");
}

/** Each finding as it arrives; the number of probes comes first. Throws AskFailure, also when the answer breaks off. */
export async function* examine(signal: AbortSignal): AsyncGenerator<{ probes: number } | Finding> {
  const answer = await post("/api/storage/examine", {}, signal);
  if (answer.body === null) throw new AskFailure("");
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read().catch((cause: unknown) => {
      throw new AskFailure("", { cause });
    });
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as { probes: number } | Finding;
    if (done) return;
  }
}

/** Throws AskFailure. */
export const beginTrial = async (): Promise<Trial> => (await post("/api/storage/trial", {})).json();

/** Throws AskFailure. */
export async function endTrial(id: string, report: Report): Promise<BrowserFinding[]> {
  const answer: { findings: BrowserFinding[] } = await (
    await post(`/api/storage/trial/${id}`, report)
  ).json();
  return answer.findings;
}
