/** Whether a browser gets the scripts of a build where its pages send it. */
import { readFile } from "node:fs/promises";
import path from "node:path";

const answerMsMax = 10_000;

/**
 * Asks for one file of the build as anybody would. The answer is a sentence about what is wrong and what to do, or
 * undefined when it is there and the same.
 */
export async function checkStatic(
  staticUrl: string,
  build: { folder: string; id: string },
): Promise<string | undefined> {
  const name = path.posix.join("static", build.id, "_buildManifest.js");
  const url = `${staticUrl}/_next/${name}`;
  const wanted = await readFile(path.join(build.folder, name), "utf8");
  let answer: { status: number; text: string };
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMsMax) });
    answer = { status: response.status, text: await response.text() };
  } catch (error) {
    const reason = error instanceof Error ? String(error.cause ?? error.message) : String(error);
    return `${url} cannot be reached (${reason}). STATIC_URL has to be an address that browsers reach.`;
  }
  if (answer.status === 401 || answer.status === 403)
    return `${url} answers ${answer.status}: it is not there, or not everybody may read static/. Push it with tintype static push; tintype storage policy show --for bucket prints what opens static/ and nothing else.`;
  if (answer.status !== 200)
    return `${url} answers ${answer.status}: push the files with tintype static push, or correct STATIC_URL.`;
  if (answer.text !== wanted)
    return `${url} answers with something else than the file of this build: STATIC_URL names another place than the folder static/ of the bucket.`;
  return undefined;
}
