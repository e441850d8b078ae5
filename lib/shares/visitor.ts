/**
 * What is kept of whoever opens a share: the network, too short to name a household, and the family of the browser.
 * A visit is one browser within 24 hours; a signed cookie, sent to that share alone, says that it is the same one.
 */
import { timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { clientOf } from "../auth.ts";
import { seal } from "./token.ts";

export const visitSeconds = 24 * 3600;

/** `203.0.113.0/24` or `2001:db8:1::/48`; "" for what is no address. */
export function shortened(address: string): string {
  const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address.replace(/%.*$/, "");
  if (isIP(plain) === 4) return `${plain.split(".").slice(0, 3).join(".")}.0/24`;
  if (isIP(plain) !== 6) return "";
  const [head = "", tail] = plain.split("::");
  const left = head.split(":").filter((group) => group !== "");
  const right = tail === undefined ? [] : tail.split(":").filter((group) => group !== "");
  const gap = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  const groups = [...left, ...gap, ...right]
    .slice(0, 3)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${groups.join(":")}::/48`;
}

const families: [RegExp, string][] = [
  [/\b(Edg|EdgA|EdgiOS)\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(KAKAOTALK)\b/i, "KakaoTalk"],
  [/\b(Chrome|CriOS|Chromium|HeadlessChrome)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const machines: [RegExp, string][] = [
  [/\b(iPhone|iPad|iPod)\b/, "iOS"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];
const named = (list: [RegExp, string][], text: string): string | undefined =>
  list.find(([pattern]) => pattern.test(text))?.[1];

/** `Firefox, Android`: no version, no model. "" when neither can be told. */
export const browserFamily = (userAgent: string): string =>
  [named(families, userAgent), named(machines, userAgent)].filter((part) => part !== undefined).join(", ");

/** A program that looks at a link for a message, or reads the web: it sees the card, and is no visitor. */
export const isProgram = (userAgent: string): boolean =>
  /bot\b|bot\/|crawl|spider|preview|facebookexternalhit|whatsapp|telegram|slack|discord|skype|embedly|curl|wget|python|scrap/i.test(
    userAgent,
  ) && !/KAKAOTALK \d/.test(userAgent);

/** Who stands before a share. `client` is the network as limits know it, `address` the whole one, never kept. */
export type Visitor = { cookie: string | undefined; client: string; address: string; userAgent: string };

/** What a visit's cookie promises: until when (seconds since 1970), and whose arrivals are one's own. */
export type Visit = { id: string; until: number };

/** Everything that must end a visit when it changes: another password asks everybody again. */
type Door = { shareId: string; passwordHash: string | null };

const sealOf = (door: Door, visit: Visit): string =>
  seal("visit", [door.shareId, door.passwordHash ?? "", visit.id, visit.until].join("\n"));

export const writeVisit = (door: Door, visit: Visit): string =>
  `${visit.until}.${visit.id}.${sealOf(door, visit)}`;

/** The visit a cookie proves, or `undefined` when it is over, made up, or of another share. */
export function readVisit(door: Door, text: string | undefined, now = Date.now()): Visit | undefined {
  const [, until = "", id = "", given = ""] =
    /^(\d{1,12})\.([0-9a-f-]{36})\.([\w-]{43})$/.exec(text ?? "") ?? [];
  const visit = { id, until: Number(until) };
  if (given === "" || visit.until * 1000 <= now) return undefined;
  const expected = Buffer.from(sealOf(door, visit));
  const found = Buffer.from(given);
  return expected.length === found.length && timingSafeEqual(expected, found) ? visit : undefined;
}

export const cookieName = "tintype-visit";

/** The visit's cookie, for the pages below `path` alone. A header's value. */
export const visitCookie = (path: string, value: string, https: boolean): string =>
  `${cookieName}=${value}; Path=${path}; Max-Age=${visitSeconds}; HttpOnly; SameSite=Lax${https ? "; Secure" : ""}`;

const ofVisit = new RegExp(`(?:^|;\\s*)${cookieName}=([^;\\s]*)`);

/** Who stands before a share, as far as a request's headers say. */
export const visitorOf = (headers: Headers): Visitor => ({
  cookie: ofVisit.exec(headers.get("cookie") ?? "")?.[1],
  client: clientOf(headers),
  address: headers.get("x-tintype-client") ?? "",
  userAgent: (headers.get("user-agent") ?? "").slice(0, 500),
});
