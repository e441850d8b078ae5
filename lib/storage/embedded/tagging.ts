/** The tags of one object: read, replaced, removed. */
import { noSuchKey } from "./reading.ts";
import type { StoredObject } from "./schema.ts";
import { bucketNamed, type Call, readText } from "./store.ts";
import { tagsDocument, tagsOfDocument } from "./tags.ts";

const documentBytesMax = 64 * 1024;

function taggedObject({ store, request }: Call): StoredObject {
  const object = store.catalogue.object(bucketNamed(store, request.bucket), request.key);
  if (object === undefined) throw noSuchKey();
  return object;
}

export function getTags(call: Call): void {
  call.exchange.sendXml(200, tagsDocument(taggedObject(call).tags));
}

async function setTags(call: Call, tags: string): Promise<void> {
  const { store, request } = call;
  const bucket = bucketNamed(store, request.bucket);
  await store.catalogue.change(() => {
    store.catalogue.tagObject(bucket, taggedObject(call).key, tags);
  });
}

export async function putTags(call: Call): Promise<void> {
  await setTags(call, tagsOfDocument(await readText(call, documentBytesMax)));
  call.exchange.send(200);
}

export async function deleteTags(call: Call): Promise<void> {
  await setTags(call, "");
  call.exchange.send(204);
}
