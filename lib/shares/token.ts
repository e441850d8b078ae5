/**
 * The secret in a share's address. It is derived from a random number in the share's row and a key made of
 * AUTH_SECRET, so that its maker can copy it again, while neither the database nor the secret alone opens a share.
 * A share is found by the token's hash, as an invitation is: a changed AUTH_SECRET shuts nobody out.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { required, settings } from "../env.ts";

const saltBytes = 16;
const tokenBytes = 24;

const key = (purpose: string): Buffer =>
  createHmac("sha256", required(settings().authSecret, "AUTH_SECRET")).update(`share ${purpose}`).digest();

export const newSalt = (): Buffer => randomBytes(saltBytes);

/** 192 bits in base64url, the same for the same salt as long as AUTH_SECRET is. */
export const tokenOf = (salt: Buffer): string =>
  createHmac("sha256", key("token")).update(salt).digest().subarray(0, tokenBytes).toString("base64url");

/** What the database knows of a token: 64 hex digits. */
export const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");

/** A signature over what a share's visitor is handed to keep. */
export const seal = (purpose: string, text: string): string =>
  createHmac("sha256", key(purpose)).update(text).digest("base64url");

/**
 * The name of a medium within one share: its id, enciphered as one block with the share's own key. An id alone opens
 * an unlisted picture, so it must not outlive the share in its visitors' hands.
 */
const idCipher = (shareId: string): Buffer =>
  createHmac("sha256", key("ids")).update(shareId).digest().subarray(0, 16);

const written = (bytes: Buffer): string =>
  bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
const read = (id: string): Buffer => Buffer.from(id.replaceAll("-", ""), "hex");

/** Turns ids into names within the share, many at the price of one key. */
export function namesWithin(shareId: string): (id: string) => string {
  const secret = idCipher(shareId);
  return (id) => {
    const cipher = createCipheriv("aes-128-ecb", secret, null).setAutoPadding(false);
    return written(Buffer.concat([cipher.update(read(id)), cipher.final()]));
  };
}

/** What only this share's pages can open again. */
export const sealingKey = (shareId: string): Buffer =>
  createHmac("sha256", key("cursors")).update(shareId).digest();

/** The id behind a name, or `undefined` for what is none; a name of another share leads to an id that does not exist. */
export function idBehind(shareId: string, name: string): string | undefined {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)) return undefined;
  const decipher = createDecipheriv("aes-128-ecb", idCipher(shareId), null).setAutoPadding(false);
  return written(Buffer.concat([decipher.update(read(name)), decipher.final()]));
}
