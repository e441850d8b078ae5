/** What the answers of a store mean for those who asked: the vendor's errors end here. */
import { StorageError } from "./port.ts";

type Failure = { name: string; status: number | undefined };

/** What an SDK error says, without knowing its classes: a proxy's 503 page has none. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: "unknown", status: undefined };
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  const status =
    typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
      ? metadata.httpStatusCode
      : undefined;
  return { name: error.name, status: typeof status === "number" ? status : undefined };
}

function storageError(error: unknown, doing: string): StorageError {
  if (error instanceof StorageError) return error;
  const { name, status } = failureOf(error);
  const fail = (code: StorageError["code"], why: string): StorageError =>
    new StorageError(code, `The bucket could not ${doing}: ${why}.`, { cause: error });
  if (status === 412 || status === 409)
    return fail("conflict", "there is already another object or operation");
  if (status === 401 || status === 403) return fail("denied", `access was denied (${name})`);
  if (status === 501 || status === 405) return fail("unsupported", "the store does not have this operation");
  if (status === 400 && (name === "EntityTooLarge" || name === "EntityTooSmall"))
    return fail("too_large", name);
  return fail("unavailable", status === undefined ? name : `the store answered ${status} (${name})`);
}

/** Runs a piece of work on the bucket; whatever fails in it leaves as a StorageError that says what was being done. */
export async function asking<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, doing);
  }
}

/** A missing object, not a missing bucket: the two must never be confused. */
export const isAbsent = (error: unknown): boolean => {
  const { name, status } = failureOf(error);
  return status === 404 && name !== "NoSuchBucket";
};
