/**
 * People: how they come in (by a link that works once), what they may become, and who may decide it.
 * The owner is changed by nobody, administrators by the owner alone, and nobody changes their own standing.
 */
import { createHash, randomBytes } from "node:crypto";
import { hashPassword } from "better-auth/crypto";
import { z } from "zod";
import {
  claimInvite,
  countUsers,
  deleteInvite,
  deleteInvitesBy,
  deleteOwnerInvites,
  findInvite,
  findOpenInvites,
  findUser,
  findUserByEmail,
  findUsers,
  hasOwner,
  holdMaker,
  insertInvite,
  insertUser,
  lockUser,
  type Maker,
  saveDisabled,
  saveName,
  savePasswordHash,
  saveQuota,
  saveRole,
  type UserRow,
} from "#db/queries/accounts.ts";
import { deleteSessions } from "#db/queries/sessions.ts";
import type { User } from "#db/schema.ts";
import { replacePassword } from "./auth.ts";
import type { Db } from "./database.ts";
import { settings } from "./env.ts";
import { TintypeError } from "./errors.ts";
import { log } from "./log.ts";
import type { Role, Viewer } from "./media.ts";
import { passwordProblem } from "./passwords.ts";

/** Who decides: someone signed in, or whoever runs the command line on the server itself. */
export type Actor = Viewer | "operator";

const audit = (by: Actor | undefined, event: string, facts: Record<string, unknown>): void =>
  log("accounts").info({ by: by === undefined || by === "operator" ? by : by.id, ...facts }, event);

const setupHours = 24;
const inviteHours = 7 * 24;

/** The roles someone may give: nobody makes an owner, only the owner makes administrators. */
export function rolesFor(actor: "operator" | { role: Role }): readonly Role[] {
  if (actor === "operator" || actor.role === "owner") return ["admin", "member", "viewer"];
  return actor.role === "admin" ? ["member", "viewer"] : [];
}

/** Whether someone may change another's role, access or space. Nobody gives their own role, so nobody changes themselves. */
export function mayChange(actor: Actor, target: { role: Role }): boolean {
  return rolesFor(actor).includes(target.role);
}

/** The owner's own space is the one thing of their own that anybody may change. */
export function mayChangeQuota(actor: Actor, target: { id: string; role: Role }): boolean {
  const ownersOwn = actor !== "operator" && actor.role === "owner" && actor.id === target.id;
  return ownersOwn || mayChange(actor, target) || (actor === "operator" && target.role === "owner");
}

// What people type.

const emailShape = z.string().trim().toLowerCase().max(254).pipe(z.email());
const nameShape = z
  .string()
  .transform((text) =>
    text
      .toWellFormed()
      .normalize("NFC")
      .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
      .trim(),
  )
  .pipe(z.string().min(1).max(100));

export type Newcomer = { name: string; email: string; password: string };

/** Normalises what a newcomer typed. Throws "bad_request" whose details name a reason for every wrong field. */
function checkNewcomer(typed: Newcomer): Newcomer {
  const name = nameShape.safeParse(typed.name);
  const email = emailShape.safeParse(typed.email);
  const password = passwordProblem(typed.password, typed.email);
  if (name.success && email.success && password === undefined)
    return { name: name.data, email: email.data, password: typed.password };
  throw new TintypeError("bad_request", {
    details: {
      ...(name.success ? {} : { name: "invalid" }),
      ...(email.success ? {} : { email: "invalid" }),
      ...(password === undefined ? {} : { password }),
    },
  });
}

// Links that make an account.

const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex");
const newToken = (): string => randomBytes(32).toString("base64url");

/** A new link, valid for a day, that makes the owner; older ones stop working. `undefined` once there is an owner. */
export async function setupLink(db: Db): Promise<string | undefined> {
  const token = newToken();
  const made = await db.transaction(async (tx) => {
    if (await hasOwner(tx)) return false;
    await deleteOwnerInvites(tx);
    await insertInvite(tx, { tokenHash: hashOf(token), role: "owner", hours: setupHours });
    return true;
  });
  return made ? `${settings().appUrl}/setup?token=${token}` : undefined;
}

/** An invitation is its maker's word: it stands as long as they are let in and could still give the role. */
const stands = (role: Role, by: Maker | "operator" | undefined): boolean =>
  by === "operator" || (by !== undefined && by.disabledAt === null && rolesFor(by).includes(role));

export type InviteState = "open" | "used" | "expired" | "unknown";
export type InviteView = { state: "open"; role: Role; email: string | undefined };

/** What a link offers, or why it does not work any more. */
export async function readInvite(
  db: Db,
  token: string,
): Promise<InviteView | { state: Exclude<InviteState, "open"> }> {
  const invite = await findInvite(db, hashOf(token));
  if (invite === undefined) return { state: "unknown" };
  if (invite.state !== "open") return { state: invite.state };
  if (invite.role !== "owner" && !stands(invite.role, invite.maker ?? "operator"))
    return { state: "unknown" };
  // Whoever has an old set-up link must not be told to fill in a form that cannot succeed.
  if (invite.role === "owner" && (await hasOwner(db))) return { state: "used" };
  return { state: "open", role: invite.role, email: invite.email ?? undefined };
}

/**
 * Makes the account a link offers and uses the link up, both or neither; of several attempts at once one succeeds.
 * Throws "gone" with details {reason: used | expired | unknown}, "bad_request" with a reason per field, and
 * "conflict" with details {email: "taken"}, after which the link still works.
 */
export async function acceptInvite(db: Db, token: string, typed: Newcomer): Promise<Viewer> {
  const offered = await readInvite(db, token);
  if (offered.state !== "open") throw new TintypeError("gone", { details: { reason: offered.state } });
  const newcomer = checkNewcomer({ ...typed, email: offered.email ?? typed.email });
  // Before the transaction: hashing takes a tenth of a second, in which no row should be locked.
  const hash = await hashPassword(newcomer.password);
  return db.transaction(async (tx) => {
    // Its maker before the invitation, as setRole and disable do it: the other way round the two could deadlock.
    const makerId = (await findInvite(tx, hashOf(token)))?.createdBy ?? undefined;
    const maker = makerId === undefined ? undefined : await holdMaker(tx, makerId);
    const invite = await claimInvite(tx, hashOf(token));
    if (invite !== undefined && makerId !== undefined && !stands(invite.role, maker))
      throw new TintypeError("gone", { details: { reason: "unknown" } });
    if (invite === undefined || (invite.role === "owner" && (await hasOwner(tx))))
      throw new TintypeError("gone", { details: { reason: "used" } });
    const user = await createUser(tx, { ...newcomer, role: invite.role, hash });
    audit(undefined, "invitation accepted", { userId: user.id, role: user.role, inviteId: invite.id });
    return { id: user.id, name: user.name, email: user.email, role: user.role };
  });
}

async function createUser(
  tx: Db,
  { name, email, role, hash }: { name: string; email: string; role: Role; hash: string },
): Promise<User> {
  const user = await insertUser(tx, { name, email, role, limitBytes: settings().quotaBytes });
  if (user === undefined) {
    // Either unique index may have refused: the one on addresses, or the one that allows a single owner.
    if ((await findUserByEmail(tx, email)) !== undefined)
      throw new TintypeError("conflict", { details: { email: "taken" } });
    throw new TintypeError("gone", { details: { reason: "used" } });
  }
  await savePasswordHash(tx, user.id, hash);
  return user;
}

/**
 * A link, valid for a week, that makes one account of `role`; with `email`, for that address only. Throws
 * "forbidden" for a role the viewer may not give, "bad_request" and "conflict" with details {email}.
 */
export async function invite(
  db: Db,
  { viewer, role, email }: { viewer: Actor; role: Role; email?: string },
): Promise<string> {
  if (!rolesFor(viewer).includes(role)) throw new TintypeError("forbidden");
  const address = email === undefined ? undefined : emailShape.safeParse(email);
  if (address?.success === false) throw new TintypeError("bad_request", { details: { email: "invalid" } });
  if (address !== undefined && (await findUserByEmail(db, address.data)) !== undefined)
    throw new TintypeError("conflict", { details: { email: "taken" } });
  const token = newToken();
  const made = await insertInvite(db, {
    tokenHash: hashOf(token),
    role,
    email: address?.data,
    createdBy: viewer === "operator" ? undefined : viewer.id,
    hours: inviteHours,
  });
  audit(viewer, "invited", { inviteId: made.id, role });
  return `${settings().appUrl}/invite/${token}`;
}

export type OpenInvite = Omit<Awaited<ReturnType<typeof findOpenInvites>>[number], "maker">;

/** Invitations that still work, newest first. The set-up link is not among them. Throws "forbidden". */
export async function listInvites(db: Db, { viewer }: { viewer: Actor }): Promise<OpenInvite[]> {
  const roles = rolesFor(viewer);
  if (roles.length === 0) throw new TintypeError("forbidden");
  return (await findOpenInvites(db))
    .filter((open) => open.role !== "owner" && stands(open.role, open.maker ?? "operator"))
    .map(({ maker: _, ...open }) => open);
}

/** Makes an invitation stop working. Throws "not_found" when it was used, is gone or is not the viewer's to revoke. */
export async function revokeInvite(db: Db, { viewer, id }: { viewer: Actor; id: string }): Promise<void> {
  if (!z.uuid().safeParse(id).success || !(await deleteInvite(db, id, rolesFor(viewer))))
    throw new TintypeError("not_found");
  audit(viewer, "invitation revoked", { inviteId: id });
}

// People who are in.

export type { UserRow };
export type UserPage = { users: UserRow[]; next: string | undefined; total: number };

const pageSize = 100;

/** People in the order of their addresses; `text` is looked for in names and addresses. Throws "forbidden". */
export async function listUsers(
  db: Db,
  { viewer, text, after }: { viewer: Actor; text?: string; after?: string },
): Promise<UserPage> {
  if (rolesFor(viewer).length === 0) throw new TintypeError("forbidden");
  const [found, total] = await Promise.all([
    findUsers(db, { text: text === "" ? undefined : text, after, limit: pageSize + 1 }),
    countUsers(db),
  ]);
  const users = found.slice(0, pageSize);
  return { users, next: found.length > pageSize ? users.at(-1)?.email : undefined, total };
}

type About = { viewer: Actor; id: string };

/** Locks the person until the end of the transaction, so that the rule still holds when the change is written. */
async function changeable(
  tx: Db,
  { viewer, id }: About,
  may: (actor: Actor, target: User) => boolean = mayChange,
): Promise<User> {
  const target = z.uuid().safeParse(id).success ? await lockUser(tx, id) : undefined;
  if (target === undefined) throw new TintypeError("not_found");
  if (!may(viewer, target)) throw new TintypeError("forbidden");
  return target;
}

/** Gives someone another role, at once in every session; open invitations they could not make now end. Throws "forbidden" or "not_found". */
export async function setRole(db: Db, { viewer, id, role }: About & { role: Role }): Promise<void> {
  await db.transaction(async (tx) => {
    const target = await changeable(tx, { viewer, id });
    if (!rolesFor(viewer).includes(role)) throw new TintypeError("forbidden");
    await saveRole(tx, id, role);
    const invitations = await deleteInvitesBy(tx, id, { except: rolesFor({ role }) });
    audit(viewer, "role changed", { userId: id, from: target.role, to: role, invitations });
  });
}

/** Shuts someone out and ends their sessions and open invitations at once; their pictures stay. Throws "forbidden" or "not_found". */
export async function disable(db: Db, { viewer, id }: About): Promise<void> {
  await db.transaction(async (tx) => {
    await changeable(tx, { viewer, id });
    await saveDisabled(tx, id, true);
    const sessions = await deleteSessions(tx, id);
    const invitations = await deleteInvitesBy(tx, id, { except: [] });
    audit(viewer, "disabled", { userId: id, sessions, invitations });
  });
}

/** Lets someone sign in again. Throws "forbidden" or "not_found". */
export async function enable(db: Db, { viewer, id }: About): Promise<void> {
  await db.transaction(async (tx) => {
    await changeable(tx, { viewer, id });
    await saveDisabled(tx, id, false);
    audit(viewer, "enabled", { userId: id });
  });
}

/** The bytes someone may keep; 0 means no limit. Throws "bad_request", "forbidden" or "not_found". */
export async function setQuota(
  db: Db,
  { viewer, id, limitBytes }: About & { limitBytes: number },
): Promise<void> {
  if (!Number.isSafeInteger(limitBytes) || limitBytes < 0) throw new TintypeError("bad_request");
  await db.transaction(async (tx) => {
    await changeable(tx, { viewer, id }, mayChangeQuota);
    await saveQuota(tx, id, limitBytes);
    audit(viewer, "quota changed", { userId: id, limitBytes });
  });
}

/** Changes one's own name. Throws "bad_request" with details {name: "invalid"}. */
export async function rename(db: Db, { viewer, name }: { viewer: Viewer; name: string }): Promise<void> {
  const clean = nameShape.safeParse(name);
  if (!clean.success) throw new TintypeError("bad_request", { details: { name: "invalid" } });
  await saveName(db, viewer.id, clean.data);
}

// For the command line, which speaks of people by their addresses.

/** Throws "not_found". */
export async function userByEmail(db: Db, email: string): Promise<User> {
  const user = await findUserByEmail(db, email.trim().toLowerCase());
  if (user === undefined) throw new TintypeError("not_found");
  return user;
}

/** Makes an account without an invitation. Throws as acceptInvite; "conflict" {role: "taken"} for a second owner. */
export async function addUser(db: Db, typed: Newcomer & { role: Role }): Promise<User> {
  const newcomer = checkNewcomer(typed);
  const hash = await hashPassword(newcomer.password);
  return db.transaction(async (tx) => {
    if (typed.role === "owner" && (await hasOwner(tx)))
      throw new TintypeError("conflict", { details: { role: "taken" } });
    const user = await createUser(tx, { ...newcomer, role: typed.role, hash });
    audit("operator", "added", { userId: user.id, role: user.role });
    return user;
  });
}

/** Sets someone's password and ends their sessions. Throws "not_found" or "bad_request" with details {password}. */
export async function setPassword(db: Db, { id, password }: { id: string; password: string }): Promise<void> {
  const user = await findUser(db, id);
  if (user === undefined) throw new TintypeError("not_found");
  const problem = passwordProblem(password, user.email);
  if (problem !== undefined) throw new TintypeError("bad_request", { details: { password: problem } });
  await replacePassword(db, user.id, password);
  audit("operator", "password set", { userId: id });
}
