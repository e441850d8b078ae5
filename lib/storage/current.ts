/** The bucket of this process, opened once. */
import { required, settings } from "../env.ts";
import type { Storage } from "./port.ts";
import { openStorage } from "./s3.ts";

const holder = globalThis as typeof globalThis & { tintypeStorage?: Storage };

export function storage(): Storage {
  holder.tintypeStorage ??= openStorage(required(settings().bucket, "S3_BUCKET"), {
    exactSize: settings().uploads.exactSize,
  });
  return holder.tintypeStorage;
}
