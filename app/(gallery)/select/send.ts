/** Asks the server; an answer that is none becomes an error whose message people can read. Safe in the browser. */
import type { ChangeAnswer, ChangeInput, CountAnswer, SelectionInput, UndoAnswer } from "#lib/bulk/shapes.ts";
import { w } from "#lib/words/select.ts";

/** What the server said, or that it did not say anything. */
export class Refused extends Error {}

async function ask<Answer>(path: string, init?: RequestInit): Promise<Answer> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (cause) {
    throw new Refused(w("failed"), { cause });
  }
  // Cut short on its way, or not from this server at all (a proxy's page): then there is no body.
  const body = await answer.json().catch(() => undefined);
  if (answer.ok && body === undefined) throw new Refused(w("answerLost"));
  if (answer.ok) return body;
  if (answer.status === 413) throw new Refused(w("tooMany"));
  throw new Refused(typeof body?.detail === "string" ? body.detail : w("failed"));
}

const post = <Answer>(path: string, body: unknown): Promise<Answer> =>
  ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

export const sendChange = (selection: SelectionInput, change: ChangeInput): Promise<ChangeAnswer> =>
  post("/api/changes", { selection, change });
export const sendUndo = (id: string): Promise<UndoAnswer> => post(`/api/changes/${id}/undo`, {});
export const askCount = (selection: SelectionInput): Promise<CountAnswer> =>
  post("/api/changes/count", { selection });

export type AlbumChoice = { id: string; title: string; within?: string; count: number };
export const findAlbums = async (text: string): Promise<AlbumChoice[]> =>
  (await ask<{ albums: AlbumChoice[] }>(`/api/albums?${new URLSearchParams({ text }).toString()}`)).albums;
export const makeAlbum = (title: string): Promise<{ id: string }> => post("/api/albums", { title });

export const findTags = async (text: string): Promise<{ name: string; count: number }[]> =>
  (
    await ask<{ tags: { name: string; count: number }[] }>(
      `/api/tags?${new URLSearchParams({ text }).toString()}`,
    )
  ).tags;

export const sendArrange = (
  albumId: string,
  order: { ids: string[]; target: string; after: boolean },
): Promise<{ id?: string }> => post(`/api/albums/${albumId}/arrange`, order);
