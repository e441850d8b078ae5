/**
 * Who is asking. better-auth keeps passwords, tokens and cookies; it is mounted under no route, so the functions here
 * are the only doors. Reading a session is our own query: one look-up, by the clock of the database, with the role as
 * it is now.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { isAPIError } from "better-auth/api";
import { parseSetCookieHeader, toCookieOptions } from "better-auth/cookies";
import { hashPassword, verifyPassword } from "better-auth/crypto";
import { betterAuth } from "better-auth/minimal";
import { z } from "zod";
import { findPasswordHash, savePasswordHash } from "#db/queries/accounts.ts";
import {
  deleteOverSessions,
  deleteSession,
  deleteSessionByToken,
  deleteSessions,
  findSessionAddresses,
  findSessions,
  newSessionEnd,
  prolongSession,
  sessionQuery,
} from "#db/queries/sessions.ts";
import { accounts, sessions, users, verifications } from "#db/schema.ts";
import { type Db, database } from "./database.ts";
import { required, settings } from "./env.ts";
import { TintypeError } from "./errors.ts";
import { log } from "./log.ts";
import type { Viewer } from "./media.ts";
import { passwordMax, passwordMin, passwordProblem } from "./passwords.ts";
import { giveBack, type Limit, take } from "./rate-limit.ts";

/** Set by our own web server from the socket or a trusted proxy; one that arrives from outside is removed there. */
export const clientHeader = "x-tintype-client";

const daySeconds = 24 * 60 * 60;
/** The most a browser keeps a cookie. The session in the database ends long before, unless it is used. */
const cookieSeconds = 400 * daySeconds;

/** Failures only: a success gives its points back. */
const perAddress: Limit = { points: 10, seconds: 15 * 60 };
const perClient: Limit = { points: 50, seconds: 15 * 60 };
/** For one account from everywhere together: whoever guesses from a thousand networks has no more than this. */
const perAccount: Limit = { points: 100, seconds: 3600 };

function build() {
  const { db } = database();
  const secret = required(settings().authSecret, "AUTH_SECRET");
  const secure = settings().appUrl.startsWith("https:");
  const auth = betterAuth({
    appName: "Tintype",
    baseURL: settings().appUrl,
    secret,
    database: drizzleAdapter(db, {
      provider: "pg",
      usePlural: true,
      schema: { users, sessions, accounts, verifications },
    }),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: passwordMin,
      maxPasswordLength: passwordMax,
    },
    // Refreshing is ours (see viewerFrom): a page that only renders cannot set a cookie, so the cookie outlives
    // every session and the database alone decides when one is over.
    session: { expiresIn: cookieSeconds, disableSessionRefresh: true, cookieCache: { enabled: false } },
    databaseHooks: {
      session: {
        create: {
          before: async (session) => {
            const expiresAt = await newSessionEnd(db, session.userId);
            return expiresAt === undefined ? false : { data: { expiresAt } };
          },
        },
      },
    },
    advanced: {
      cookiePrefix: "tintype",
      useSecureCookies: secure,
      database: { generateId: "uuid" },
      ipAddress: { ipAddressHeaders: [clientHeader] },
    },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: {
      level: "error",
      // Only the first error is kept: further arguments may hold the row that was being written.
      log: (_level, message, ...rest) =>
        log("auth").error({ err: rest.find((value) => value instanceof Error) }, message),
    },
  });
  return {
    api: auth.api,
    db,
    secret,
    cookieName: `${secure ? "__Secure-" : ""}tintype.session_token`,
    bySession: sessionQuery(db),
  };
}

let built: ReturnType<typeof build> | undefined;
const auth = (): ReturnType<typeof build> => {
  built ??= build();
  return built;
};

/** The session token of a request, if our signature on it is genuine: anything else never reaches the database. */
function tokenFrom(headers: Headers): string | undefined {
  const cookies = headers.get("cookie");
  if (cookies === null || !cookies.includes("tintype.session_token=")) return undefined;
  const { cookieName, secret } = auth();
  const pair = cookies
    .split(";")
    .map((text) => text.trim())
    .find((text) => text.startsWith(`${cookieName}=`));
  const [, token, given] =
    /^([A-Za-z0-9]{16,64})\.([A-Za-z0-9+/]{43}=)$/.exec(decode(pair, cookieName)) ?? [];
  if (token === undefined || given === undefined) return undefined;
  const expected = createHmac("sha256", secret).update(token).digest();
  const signature = Buffer.from(given, "base64");
  return signature.length === expected.length && timingSafeEqual(signature, expected) ? token : undefined;
}

function decode(pair: string | undefined, name: string): string {
  try {
    return decodeURIComponent(pair?.slice(name.length + 1) ?? "");
  } catch (cause) {
    if (cause instanceof URIError) return "";
    throw cause;
  }
}

async function sessionFrom(headers: Headers): Promise<{ sessionId: string; viewer: Viewer } | undefined> {
  const token = tokenFrom(headers);
  if (token === undefined) return undefined;
  const { bySession, db } = auth();
  const [row] = await bySession.execute({ token });
  if (row === undefined) return undefined;
  if (row.stale) await prolongSession(db, row.sessionId);
  const { sessionId, id, name, email, role, language, theme } = row;
  const chosen = { ...(language === null ? {} : { language }), ...(theme === null ? {} : { theme }) };
  return { sessionId, viewer: { id, name, email, role, ...chosen } };
}

/**
 * Who sent a request; `undefined` for an anonymous visitor, an ended session and a disabled account. Without a cookie
 * the database is not asked; with one, it is asked once.
 */
export async function viewerFrom(headers: Headers): Promise<Viewer | undefined> {
  return (await sessionFrom(headers))?.viewer;
}

async function mustHave(headers: Headers): Promise<{ sessionId: string; viewer: Viewer }> {
  const session = await sessionFrom(headers);
  if (session === undefined) throw new TintypeError("unauthenticated");
  return session;
}

/** The network a request came from, for limits: an IPv6 customer owns a whole /64, so that is what is counted. */
export const clientOf = (headers: Headers): string => networkOf(headers.get(clientHeader) ?? "");

function networkOf(address: string): string {
  if (isIP(address) !== 6) return isIP(address) === 4 ? address : "unknown";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.replace(/%.*$/, "").split("::");
  const left = head.split(":").filter((group) => group !== "");
  const right = tail === undefined ? [] : tail.split(":").filter((group) => group !== "");
  const gap = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  const groups = [...left, ...gap, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16));
  return `${groups.join(":")}::/64`;
}

/** A rate limit must not become a list of who has tried to sign in. */
const hashed = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 22);

export type Credentials = { email: string; password: string };

/**
 * Begins a session and returns the cookies to set. A wrong password, an unknown address and a disabled account cost
 * the same time and throw the same TintypeError("unauthenticated"); too many failures throw "rate_limited".
 */
export async function signIn(headers: Headers, { email, password }: Credentials): Promise<Headers> {
  const address = email.trim().toLowerCase();
  const client = clientOf(headers);
  const account = `sign-in-account:${hashed(address)}`;
  const keys = [`sign-in:${client}:${hashed(address)}`, `sign-in:${client}`, account] as const;
  await take(keys[0], perAddress);
  await take(keys[1], perClient);
  await takeOfAccount(account, { address, client });
  const cookies = await startSession(headers, { email: address, password });
  await Promise.all(keys.map((key) => giveBack(key)));
  return cookies;
}

/**
 * Counts a try at an account. While strangers guess at it, its own people are let try where they are signed in already:
 * else anybody could lock them out.
 */
async function takeOfAccount(key: string, who: { address: string; client: string }): Promise<void> {
  try {
    await take(key, perAccount);
  } catch (error) {
    const known = await findSessionAddresses(auth().db, who.address);
    if (!known.some((address) => networkOf(address) === who.client)) throw error;
  }
}

/** signIn without its limits: for an account that was made in this very request. */
export async function startSession(headers: Headers, { email, password }: Credentials): Promise<Headers> {
  const { api, db } = auth();
  const before = tokenFrom(headers);
  const client = clientOf(headers);
  try {
    const answer = await api.signInEmail({ headers, body: { email, password }, returnHeaders: true });
    // A browser has one session: the one it came with would stay open for nobody.
    if (before !== undefined) await deleteSessionByToken(db, before);
    await deleteOverSessions(db, answer.response.user.id);
    log("auth").info({ userId: answer.response.user.id, client }, "signed in");
    return cookiesOf(answer.headers);
  } catch (cause) {
    if (!isAPIError(cause) || cause.statusCode >= 500) throw cause;
    log("auth").warn({ client, address: hashed(email) }, "sign-in refused");
    throw new TintypeError("unauthenticated");
  }
}

const cookiesOf = (headers: Headers | null | undefined): Headers => {
  const only = new Headers();
  for (const cookie of headers?.getSetCookie() ?? []) only.append("set-cookie", cookie);
  return only;
};

export type Cookie = { name: string; value: string; options: ReturnType<typeof toCookieOptions> };

/** Set-Cookie headers taken apart, for a framework that wants to write them itself. */
export function readCookies(headers: Headers): Cookie[] {
  return headers
    .getSetCookie()
    .flatMap((header) => [...parseSetCookieHeader(header)])
    .map(([name, attributes]) => ({ name, value: attributes.value, options: toCookieOptions(attributes) }));
}

/** Ends the session of a request, if there is one, and returns the cookies that forget it. */
export async function signOut(headers: Headers): Promise<Headers> {
  const { api, db } = auth();
  const token = tokenFrom(headers);
  if (token !== undefined) await deleteSessionByToken(db, token);
  const answer = await api.signOut({ headers, returnHeaders: true });
  return cookiesOf(answer.headers);
}

/**
 * Changes the asker's password, ends every session and begins a new one, whose cookies are returned. Throws
 * "bad_request" with details {field: "current" | "next", reason}, "unauthenticated" or "rate_limited".
 */
export async function changePassword(
  headers: Headers,
  { current, next }: { current: string; next: string },
): Promise<Headers> {
  const { viewer } = await mustHave(headers);
  const reason = passwordProblem(next, viewer.email);
  if (reason !== undefined) throw new TintypeError("bad_request", { details: { field: "next", reason } });
  const { db } = auth();
  const key = `password:${viewer.id}`;
  await take(key, perAddress);
  const hash = await findPasswordHash(db, viewer.id);
  if (hash === undefined || !(await verifyPassword({ hash, password: current })))
    throw new TintypeError("bad_request", { details: { field: "current", reason: "wrong" } });
  await giveBack(key);
  await replacePassword(db, viewer.id, next);
  log("auth").info({ userId: viewer.id }, "password changed");
  return startSession(headers, { email: viewer.email, password: next });
}

/** Gives someone a new password and ends all their sessions, both or neither. */
export async function replacePassword(db: Db, userId: string, password: string): Promise<void> {
  const hash = await hashPassword(password);
  await db.transaction(async (tx) => {
    await savePasswordHash(tx, userId, hash);
    await deleteSessions(tx, userId);
  });
}

/** `lastSeen` is exact to a day. */
export type SessionView = {
  id: string;
  current: boolean;
  since: Date;
  lastSeen: Date;
  address: string;
  userAgent: string;
};

/** The asker's open sessions, this one first. Throws "unauthenticated". */
export async function listSessions(headers: Headers): Promise<SessionView[]> {
  const { sessionId, viewer } = await mustHave(headers);
  const rows = await findSessions(auth().db, viewer.id);
  return rows
    .map((row) => ({
      id: row.id,
      current: row.id === sessionId,
      since: row.createdAt,
      lastSeen: row.updatedAt,
      address: row.ipAddress ?? "",
      userAgent: row.userAgent ?? "",
    }))
    .sort((a, b) => Number(b.current) - Number(a.current));
}

/** Ends one session of the asker. Throws "unauthenticated", or "not_found" for one that is not theirs. */
export async function endSession(headers: Headers, id: string): Promise<void> {
  const { viewer } = await mustHave(headers);
  if (!z.uuid().safeParse(id).success || !(await deleteSession(auth().db, viewer.id, id)))
    throw new TintypeError("not_found");
  log("auth").info({ userId: viewer.id }, "session ended");
}

/** Ends all sessions of the asker but this one; returns how many. Throws "unauthenticated". */
export async function endOtherSessions(headers: Headers): Promise<number> {
  const { sessionId, viewer } = await mustHave(headers);
  const ended = await deleteSessions(auth().db, viewer.id, sessionId);
  log("auth").info({ userId: viewer.id, ended }, "other sessions ended");
  return ended;
}
