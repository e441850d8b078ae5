/** What the tests of uploads share: people, pictures, and a browser's POST. */
import { createHash, randomBytes, randomInt, randomUUID } from "node:crypto";
import sharp from "sharp";
import type { Db } from "#db/client.ts";
import { users } from "#db/schema.ts";
import type { BeginAnswer, PostPermit, Role, Transport, UploadPermit, Viewer } from "../media.ts";
import type { Storage } from "../storage/port.ts";
import type { BeginFile } from "./asked.ts";

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

/** A PNG of noise of somewhat more than six million bytes. */
export async function largePicture(): Promise<Buffer> {
  const size = { width: 1600, height: 1300 };
  const noise = randomBytes(size.width * size.height * 3);
  return sharp(noise, { raw: { ...size, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
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

/** The permit of an upload that travels in this way. */
export function issued<T extends Transport = "post">(
  answer: BeginAnswer | undefined,
  transport?: T,
): Extract<UploadPermit, { transport: T }> {
  const wanted: Transport = transport ?? "post";
  const isWanted = (permit: UploadPermit): permit is Extract<UploadPermit, { transport: T }> =>
    permit.transport === wanted;
  if (answer?.status !== "issued" || !isWanted(answer))
    throw new Error(`expected a permit for ${wanted}, got ${JSON.stringify(answer)}`);
  return answer;
}

/** Sends a form as a browser would: the policy's fields, then the file. `changes` play the attacker. */
export async function post(
  policy: Pick<PostPermit, "url" | "fields">,
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

/** Sends bytes with a signed PUT as a browser would; `changes` play the attacker. */
export async function put(
  permit: { url: string; headers: Record<string, string> },
  bytes: Uint8Array,
  changes: Record<string, string> = {},
): Promise<Response> {
  const response = await fetch(permit.url, {
    method: "PUT",
    headers: { ...permit.headers, ...changes },
    body: Uint8Array.from(bytes),
  });
  await response.arrayBuffer();
  return response;
}

/** The same store with some doors replaced: how a real one fails is played here, everything else stays real. */
export const faulty = (storage: Storage, changes: Partial<Storage>): Storage => ({ ...storage, ...changes });

/** Resolves when the condition holds; a test that waits for ever is ended by the runner. */
export async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}
