/** backup.json: what a backup holds, how to tell that it is all there, and which version of Tintype it fits. */
import { createHash } from "node:crypto";
import { z } from "zod";

const partShape = z.strictObject({
  /** Below the folder of the backup. */
  name: z.string().regex(/^[\w.-]+(\/[\w.-]+)?$/),
  bytes: z.number(),
  sha256: z.string(),
});
const tableShape = partShape.extend({
  table: z.string().regex(/^\w+$/),
  columns: z.array(z.string().regex(/^\w+$/)),
  rows: z.number(),
});
export const backupShape = z.strictObject({
  tintype: z.literal("backup"),
  version: z.literal(1),
  /** The moment all of it is of. */
  made: z.iso.datetime(),
  /** The last migration of the database it was taken from. */
  schema: z.strictObject({ when: z.number(), tag: z.string() }),
  /** Of the database, for PostgreSQL: gzipped, in its own text format. */
  tables: z.array(tableShape),
  /** For other programs: gzipped, one JSON object a line, without passwords. */
  manifest: partShape,
});
export type Backup = z.infer<typeof backupShape>;
export type Part = z.infer<typeof partShape>;
export type Table = z.infer<typeof tableShape>;

/** Passes bytes on and takes their measure. */
export class Measure {
  readonly #hash = createHash("sha256");
  bytes = 0;

  async *of(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of body) {
      this.#hash.update(piece);
      this.bytes += piece.byteLength;
      yield piece;
    }
  }

  /** Once, at the end. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}

export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
}
