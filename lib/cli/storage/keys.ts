/** Keys as a person writes them, and objects as a person reads them. */
import { Refusal } from "#lib/start/refusal.ts";
import type { ObjectHead } from "#lib/storage/port.ts";
import { printable, say, sayJson, size, when } from "../output.ts";

/** "/", "" and "." mean everything below the location; a leading slash is how people write "from the root". */
export const prefixOf = (text: string): string => {
  const plain = text.replace(/^\/+/, "");
  if (plain === "" || plain === "." || plain === "./") return "";
  return plain.endsWith("/") ? plain : `${plain}/`;
};

/** Throws Refusal for a key that is the name of a folder. */
export function keyOf(text: string): string {
  const key = text.replace(/^\/+/, "");
  if (key === "" || key.endsWith("/"))
    throw new Refusal(`${JSON.stringify(text)} is a folder; say -r to mean everything in it.`);
  return key;
}

/** The last part of a path. */
export const nameOf = (key: string): string => key.slice(key.lastIndexOf("/") + 1);

export const objectJson = (object: ObjectHead): object => ({
  key: object.key,
  bytes: object.bytes,
  modified: object.modified.toISOString(),
  etag: object.etag.replaceAll('"', ""),
});

const columns = { size: 9, time: 16 };
const row = (length: string, time: string, name: string): string =>
  `${length.padStart(columns.size)}  ${time.padEnd(columns.time)}  ${name}`;

export function sayObject(object: ObjectHead, options: { json: boolean; bytes?: true; name?: string }): void {
  if (options.json) sayJson(objectJson(object));
  else
    say(
      row(
        options.bytes === true ? String(object.bytes) : size(object.bytes),
        when(object.modified),
        printable(options.name ?? object.key),
      ),
    );
}

export function sayFolder(folder: string, options: { json: boolean; name: string }): void {
  if (options.json) sayJson({ folder });
  else say(row("–", "", printable(options.name)));
}
