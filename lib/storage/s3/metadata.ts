/** What is kept with an object, as the SDK names it. Headers are ASCII: other text is spelt as RFC 2047 has it. */
import type { ObjectMeta } from "../port.ts";

const encoded = /^=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=$/i;

const spell = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) && !encoded.test(text)
    ? text
    : `=?UTF-8?B?${Buffer.from(text).toString("base64")}?=`;

const unspell = (text: string): string => {
  const found = encoded.exec(text)?.[1];
  return found === undefined ? text : Buffer.from(found, "base64").toString("utf8");
};

export const readMetadata = (metadata: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name.toLowerCase(), unspell(value)]),
  );

export type KeptFields = {
  ContentType: string;
  CacheControl?: string;
  ContentDisposition?: string;
  ContentEncoding?: string;
  Metadata?: Record<string, string>;
};

export const keptFields = (meta: ObjectMeta): KeptFields => ({
  ContentType: meta.contentType,
  ...(meta.cacheControl === undefined ? {} : { CacheControl: meta.cacheControl }),
  ...(meta.contentDisposition === undefined ? {} : { ContentDisposition: meta.contentDisposition }),
  ...(meta.contentEncoding === undefined ? {} : { ContentEncoding: meta.contentEncoding }),
  ...(meta.metadata === undefined
    ? {}
    : {
        Metadata: Object.fromEntries(
          Object.entries(meta.metadata).map(([name, value]) => [name.toLowerCase(), spell(value)]),
        ),
      }),
});
