/** Puts what a page says of its answer (lib/answer.ts) into the answer's head, when Next writes it. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { ServerResponse } from "node:http";
import type { Said } from "#lib/answer.ts";

const answers = new AsyncLocalStorage<Said>();
globalThis.tintypeAnswer = () => answers.getStore();

/** Does something for a request; what its page says goes out with `response`. */
export function hearing<Result>(response: ServerResponse, work: () => Result): Result {
  const said: Said = { headers: [] };
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((status: number, ...rest: []) => {
    for (const [name, value] of said.headers) response.appendHeader(name, value);
    // A failure, or a redirect, is what it is; only what could not be read is no failure.
    const plain = status === 500 && said.nonsense === true ? 400 : status;
    return writeHead(plain === 200 ? (said.status ?? plain) : plain, ...rest);
  }) as typeof response.writeHead;
  return answers.run(said, work);
}
