/** The only place where a key is spelt: 160 random bits, lower case, never a person's words. */
import { createHash, randomBytes } from "node:crypto";
import { extensionOf, type MediaType } from "#lib/media.ts";

const digits = "abcdefghijklmnopqrstuvwxyz234567";

/** 32 characters of base32: 160 random bits, so that no two stores and no case-blind file system can clash. */
const base32 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => digits[byte & 31]).join("");
const randomName = (): string => base32(randomBytes(32));

/**
 * Whether a key means one place below the location and nothing else: no empty or dotted segment, no backslash, no
 * control character, no placeholder that a form would fill in. Ours are; those of other programs need not be.
 */
export const isPlainKey = (key: string): boolean =>
  key.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..") &&
  !/[\\\p{Cc}]|\$\{/u.test(key) &&
  key.isWellFormed();

/** Whether Tintype itself could have made this key of incoming/: a shared bucket may hold others' there. */
export const isIncomingKey = (key: string): boolean => /^incoming\/([a-z]+-)*[a-z2-7]{32}$/.test(key);
/** The same for keys that workers write to. Large objects go there in parts, which a worker that is killed leaves. */
export const isWrittenKey = (key: string): boolean =>
  /^(media\/[a-z2-7]{32}\.[a-z0-9]+|derived\/[a-z2-7]{32}\/[\w.]+)$/.test(key) ||
  /^(backup|quarantine)\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[a-z2-7]+\/./.test(key);
export const incomingKey = (): string => `incoming/${randomName()}`;
export const originalKey = (type: MediaType): string => `media/${randomName()}.${extensionOf[type]}`;
/** The folder that all renditions of one derivation share; a new derivation takes a new one. */
export const renditionFolder = (): string => `derived/${randomName()}`;
export const renditionKey = (folder: string, width: number, format: "avif" | "jpg"): string =>
  `${folder}/${width}.${format}`;
/** The metadata-free copy of an animation that a page plays. */
export const motionKey = (folder: string, format: string): string => `${folder}/motion.${format}`;
/**
 * A JPEG of all pixels, made when somebody asks for it and removed soon after. In a folder that nobody can guess who has
 * not got the original: it tells as much, and renditions may be served to everybody who knows where they are.
 */
export function fullJpegKey(original: { key: string; sha256: string }): string {
  const hash = createHash("sha256").update(`full jpeg\0${original.key}\0${original.sha256}`).digest();
  return `derived/${base32(hash)}/full.jpg`;
}
/** A key under incoming/ that certainly does not exist, for probes. */
export const absentKey = (): string => `incoming/probe-${randomName()}`;
