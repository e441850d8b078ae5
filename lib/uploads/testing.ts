/** What the tests of uploads share: people, pictures, and a browser's POST. */
import { createHash, randomInt, randomUUID } from "node:crypto";
import sharp from "sharp";
import type { Db } from "#db/client.ts";
import { users } from "#db/schema.ts";
import type { BeginAnswer, BeginFile, Role, UploadPolicy, Viewer } from "../media.ts";
import type { Storage } from "../storage/port.ts";

export async function person(db: Db, role: Role = "member"): Promise<Viewer> {
  const id = randomUUID();
  const [row] = await db
    .insert(users)
    .values({ id, name: `P ${id.slice(0, 4)}`, email: `${id}@example.com`, role })
    .returning();
  if (row === undefined) throw new Error("no user was inserted");
  return { id: row.id, name: row.name, email: row.email, role: row.role };
}

/** A small JPEG unlike any other. */
export async function picture(options: { width?: number; height?: number } = {}): Promise<Buffer> {
  const { width = 64, height = 48 } = options;
  const color = { r: randomInt(256), g: randomInt(256), b: randomInt(256) };
  const body = await sharp({ create: { width, height, channels: 3, background: color } })
    .jpeg()
    .toBuffer();
  // A comment of random bytes: two pictures of one colour still differ.
  const comment = Buffer.from(randomUUID());
  return Buffer.concat([
    body.subarray(0, 2),
    Buffer.from([0xff, 0xfe, 0, comment.length + 2]),
    comment,
    body.subarray(2),
  ]);
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export function declare(bytes: Uint8Array, changes: Partial<BeginFile> = {}): BeginFile {
  return {
    clientToken: randomUUID(),
    filename: "IMG_0001.jpg",
    bytes: bytes.byteLength,
    mime: "image/jpeg",
    sha256: sha256(bytes),
    ...changes,
  };
}

export function issued(answer: BeginAnswer | undefined): UploadPolicy {
  if (answer?.status !== "issued") throw new Error(`expected a policy, got ${JSON.stringify(answer)}`);
  return answer;
}

/** Sends a form as a browser would: the policy's fields, then the file. `changes` play the attacker. */
export async function post(
  policy: Pick<UploadPolicy, "url" | "fields">,
  bytes: Uint8Array,
  changes: Record<string, string | undefined> = {},
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...policy.fields, ...changes }))
    if (value !== undefined) form.append(name, value);
  form.append("file", new Blob([Uint8Array.from(bytes)]), "x.jpg");
  const response = await fetch(policy.url, { method: "POST", body: form });
  await response.arrayBuffer();
  return response;
}

/** The same store with some doors replaced: how a real one fails is played here, everything else stays real. */
export const faulty = (storage: Storage, changes: Partial<Storage>): Storage => ({ ...storage, ...changes });

/** Resolves when the condition holds; a test that waits for ever is ended by the runner. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
