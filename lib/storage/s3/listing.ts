/** What is in the bucket, a page at a time. */
import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { asking } from "../failures.ts";
import { type ObjectHead, type Storage, StorageError } from "../port.ts";
import type { Connection } from "./connection.ts";
import { headOf } from "./reading.ts";

/** Refuses an answer that says there is more and not where: what follows would look as if it were not there. */
export function nextOf<T>(isTruncated: boolean | undefined, next: T | undefined): T | undefined {
  if (isTruncated !== true) return undefined;
  if (next === undefined)
    throw new StorageError("unavailable", "The bucket said that its list goes on, and not from where.");
  return next;
}

export function listing(connection: Connection): Pick<Storage, "list" | "listFolder"> {
  const { bucket, location } = connection.bucket;

  async function* pages(
    prefix: string,
    more: { Delimiter?: string; StartAfter?: string },
  ): AsyncGenerator<ListObjectsV2CommandOutput> {
    let token: string | undefined;
    do {
      const command: ListObjectsV2Command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: `${location}${prefix}`,
        ContinuationToken: token,
        ...more,
      });
      const page = await asking("list objects", () => connection.client.send(command, connection.deadline()));
      yield page;
      token = nextOf(page.IsTruncated, page.NextContinuationToken);
    } while (token !== undefined);
  }

  const objectsOf = (page: ListObjectsV2CommandOutput): ObjectHead[] =>
    (page.Contents ?? []).map(({ Key = "", Size, ETag, LastModified }) =>
      headOf(Key.slice(location.length), { ContentLength: Size, ETag, LastModified, ContentType: undefined }),
    );

  async function* list(prefix: string, options: { after?: string } = {}): AsyncGenerator<ObjectHead> {
    const more = options.after === undefined ? {} : { StartAfter: `${location}${options.after}` };
    for await (const page of pages(prefix, more)) yield* objectsOf(page);
  }

  async function* listFolder(prefix: string): AsyncGenerator<{ folder: string } | { object: ObjectHead }> {
    for await (const page of pages(prefix, { Delimiter: "/" })) {
      const folders = (page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix.slice(location.length));
      // Consoles keep an empty object under the folder's own name; it is the folder, not something in it.
      const objects = objectsOf(page).filter((object) => object.key !== prefix);
      const entries = [
        ...folders.map((folder) => ({ name: folder, entry: { folder } })),
        ...objects.map((object) => ({ name: object.key, entry: { object } })),
      ];
      entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
      for (const { entry } of entries) yield entry;
    }
  }

  return { list, listFolder };
}
