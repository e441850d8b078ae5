/** How S3 spells bytes in addresses and headers. */
import { S3Error } from "./s3-error.ts";

/** No g: a pattern with it goes on where its last test ended, and every second text would stay as it is. */
const plain = /[^A-Za-z0-9_.~-]/;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Percent-encoding as SigV4 wants it: everything but the unreserved characters, in capitals. */
export const uriEncode = (text: string): string =>
  plain.test(text)
    ? encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    : text;

/** The same for a path: slashes stay. */
export const uriEncodePath = (text: string): string => text.split("/").map(uriEncode).join("/");

/** Decodes percent-encoding. Refuses what is not UTF-8, because two spellings of one key would then be possible. */
export function uriDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error("InvalidURI", "Couldn't parse the specified URI.", { cause });
  }
}

/** Text out of bytes that must be UTF-8. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new S3Error("InvalidArgument", "A form field is not UTF-8.", { cause });
  }
}

/**
 * A text as Node carries it in a header: one character for each byte of its UTF-8. Stored metadata is kept in this
 * form, so that what came in as bytes goes out as the same bytes.
 */
export const headerText = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

/** Refuses what would end a header early or that Node would refuse to send. */
export function checkedHeaderValue(name: string, value: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    throw new S3Error("InvalidArgument", `${name} contains a character that no header can carry.`);
  return value;
}

/** Metadata that is not ASCII goes out as S3 sends it, as a word of RFC 2047; `value` as Node carries headers. */
export const mimeWord = (value: string): string =>
  /[\x80-\xff]/.test(value) ? `=?UTF-8?B?${Buffer.from(value, "latin1").toString("base64")}?=` : value;
