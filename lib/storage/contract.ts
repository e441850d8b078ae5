/**
 * What Tintype relies on in a store, as one suite for every store: the object port, and what a browser or a
 * stranger can do to the bucket over HTTP. Where a store is known to differ, its quirk is asserted instead, so that
 * the list of quirks stays true.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bucketContract } from "./contract/bucket.ts";
import { formContract } from "./contract/forms.ts";
import { keyContract } from "./contract/keys.ts";
import { objectContract } from "./contract/objects.ts";
import { partContract } from "./contract/parts.ts";
import { permitContract } from "./contract/permits.ts";
import { portContract } from "./contract/port.ts";
import { programContract } from "./contract/programs.ts";
import { readingContract } from "./contract/reading.ts";
import { type Quirk, type StoreUnderTest, Subject } from "./contract/subject.ts";

import { uploadContract } from "./contract/uploads.ts";

export { embedded, rgw16 } from "./contract/subject.ts";

const parts = [
  portContract,
  objectContract,
  partContract,
  uploadContract,
  formContract,
  permitContract,
  readingContract,
  keyContract,
  programContract,
  bucketContract,
];

/** Declares the suite. `open` gives a bucket that may not exist yet, for this run alone. */
export function contract(name: string, open: () => Promise<StoreUnderTest>, quirks: Quirk[] = []): void {
  const subject = new Subject(name, quirks);
  describe(name, () => {
    before(() => subject.open(open));
    after(() => subject.close());
    for (const part of parts) part(subject);
    it("differs from S3 in nothing that is named without proof", () => {
      assert.deepEqual(subject.unproven(), []);
    });
  });
}
