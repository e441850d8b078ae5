/** People, their passwords, their invitations and their space. */
import {
  and,
  asc,
  count,
  desc,
  eq,
  gt,
  inArray,
  isNull,
  lt,
  notInArray,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import type { Role } from "#lib/media.ts";
import type { Db } from "../client.ts";
import {
  accounts,
  type Invite,
  invites,
  mediaMonths,
  quotas,
  sessions,
  type User,
  users,
} from "../schema.ts";

const byPassword = (userId: string) =>
  and(eq(accounts.userId, userId), eq(accounts.providerId, "credential"));

export async function findPasswordHash(db: Db, userId: string): Promise<string | undefined> {
  const [row] = await db.select({ hash: accounts.password }).from(accounts).where(byPassword(userId));
  return row?.hash ?? undefined;
}

export async function savePasswordHash(db: Db, userId: string, hash: string): Promise<void> {
  await db
    .insert(accounts)
    .values({ userId, accountId: userId, providerId: "credential", password: hash })
    .onConflictDoUpdate({
      target: [accounts.providerId, accounts.accountId],
      set: { password: hash, updatedAt: sql`now()` },
    });
}

export async function hasOwner(db: Db): Promise<boolean> {
  const found = await db.select({ id: users.id }).from(users).where(eq(users.role, "owner")).limit(1);
  return found.length > 0;
}

export async function findUser(db: Db, id: string): Promise<User | undefined> {
  const [row] = await db.select().from(users).where(eq(users.id, id));
  return row;
}

/** Who made an invitation, as far as it decides whether the invitation stands. */
export type Maker = { role: Role; disabledAt: Date | null };

/** As findUser, and nobody may disable the user or change the role before the transaction ends. */
export async function holdMaker(db: Db, id: string): Promise<Maker | undefined> {
  const [row] = await db
    .select({ role: users.role, disabledAt: users.disabledAt })
    .from(users)
    .where(eq(users.id, id))
    .for("share");
  return row;
}

/** As findUser, and nobody else may change the row before the transaction ends. */
export async function lockUser(db: Db, id: string): Promise<User | undefined> {
  const [row] = await db.select().from(users).where(eq(users.id, id)).for("update");
  return row;
}

export async function findUserByEmail(db: Db, email: string): Promise<User | undefined> {
  const [row] = await db.select().from(users).where(eq(users.email, email));
  return row;
}

/** `undefined` when the address is taken, or the role is owner and there is one. */
export async function insertUser(
  db: Db,
  { name, email, role, limitBytes }: { name: string; email: string; role: Role; limitBytes: number },
): Promise<User | undefined> {
  const [user] = await db.insert(users).values({ name, email, role }).onConflictDoNothing().returning();
  // A trigger has made the row with no limit; a later change of the default must not reach this account.
  if (user !== undefined && limitBytes > 0) await saveQuota(db, user.id, limitBytes);
  return user;
}

const change = (db: Db, id: string, values: { name?: string; role?: Role; disabledAt?: SQL | null }) =>
  db
    .update(users)
    .set({ ...values, updatedAt: sql`now()` })
    .where(eq(users.id, id));

export async function saveName(db: Db, id: string, name: string): Promise<void> {
  await change(db, id, { name });
}

export async function saveRole(db: Db, id: string, role: Role): Promise<void> {
  await change(db, id, { role });
}

/** Someone already disabled stays disabled since when they were. */
export async function saveDisabled(db: Db, id: string, disabled: boolean): Promise<void> {
  await change(db, id, { disabledAt: disabled ? sql`coalesce(${users.disabledAt}, now())` : null });
}

export async function saveQuota(db: Db, ownerId: string, limitBytes: number): Promise<void> {
  await db
    .insert(quotas)
    .values({ ownerId, limitBytes })
    .onConflictDoUpdate({ target: quotas.ownerId, set: { limitBytes } });
}

// Invitations.

const usable = () => and(isNull(invites.usedAt), gt(invites.expiresAt, sql`now()`));

export async function insertInvite(
  db: Db,
  row: { tokenHash: string; role: Role; email?: string; createdBy?: string; hours: number },
): Promise<Invite> {
  const { hours, ...values } = row;
  const [made] = await db
    .insert(invites)
    .values({ ...values, expiresAt: sql`now() + make_interval(hours => ${hours})` })
    .returning();
  if (made === undefined) throw new Error("an insert without a conflict returned no row");
  return made;
}

const maker = { role: users.role, disabledAt: users.disabledAt };

/** An invitation by the hash of its token, with what became of it; `maker` is null when the operator made it. */
export async function findInvite(
  db: Db,
  tokenHash: string,
): Promise<(Invite & { state: "open" | "used" | "expired"; maker: Maker | null }) | undefined> {
  const [row] = await db
    .select({ invite: invites, open: sql<boolean>`${usable()}`, maker })
    .from(invites)
    .leftJoin(users, eq(users.id, invites.createdBy))
    .where(eq(invites.tokenHash, tokenHash));
  if (row === undefined) return undefined;
  const state = row.open ? "open" : row.invite.usedAt === null ? "expired" : "used";
  return { ...row.invite, state, maker: row.maker };
}

/** Uses an invitation up; of several at the same moment one gets it, the others `undefined`. */
export async function claimInvite(db: Db, tokenHash: string): Promise<Invite | undefined> {
  const [row] = await db
    .update(invites)
    .set({ usedAt: sql`now()` })
    .where(and(eq(invites.tokenHash, tokenHash), usable()))
    .returning();
  return row;
}

export async function deleteOwnerInvites(db: Db): Promise<void> {
  await db.delete(invites).where(and(eq(invites.role, "owner"), isNull(invites.usedAt)));
}

export async function findOpenInvites(db: Db): Promise<
  {
    id: string;
    role: Role;
    email: string | null;
    by: string | null;
    maker: Maker | null;
    expiresAt: Date;
  }[]
> {
  return db
    .select({
      id: invites.id,
      role: invites.role,
      email: invites.email,
      by: users.name,
      maker,
      expiresAt: invites.expiresAt,
    })
    .from(invites)
    .leftJoin(users, eq(users.id, invites.createdBy))
    .where(usable())
    .orderBy(desc(invites.createdAt), desc(invites.id));
}

/** Forgets invitations that nobody could use for `days` by now. */
export async function forgetInvites(db: Db, days: number): Promise<void> {
  await db.delete(invites).where(lt(invites.expiresAt, sql`now() - make_interval(days => ${days})`));
}

/** Takes back an unused invitation to one of `roles`; returns whether there was one. */
export async function deleteInvite(db: Db, id: string, roles: readonly Role[]): Promise<boolean> {
  const gone = await db
    .delete(invites)
    .where(and(eq(invites.id, id), isNull(invites.usedAt), inArray(invites.role, [...roles])))
    .returning({ id: invites.id });
  return gone.length > 0;
}

/** Takes back the unused invitations that someone made to roles other than `roles`; returns how many there were. */
export async function deleteInvitesBy(
  db: Db,
  userId: string,
  { except }: { except: readonly Role[] },
): Promise<number> {
  const gone = await db
    .delete(invites)
    .where(and(eq(invites.createdBy, userId), isNull(invites.usedAt), notInArray(invites.role, [...except])))
    .returning({ id: invites.id });
  return gone.length;
}

// The list of people.

export type UserRow = {
  id: string;
  name: string;
  email: string;
  role: Role;
  disabledAt: Date | null;
  createdAt: Date;
  lastSeen: Date | null;
  media: number;
  usedBytes: number;
  limitBytes: number;
};

/** In the order of e-mail addresses, from after `after`. Totals come from the tables that keep them. */
export async function findUsers(
  db: Db,
  { text, after, limit }: { text?: string; after?: string; limit: number },
): Promise<UserRow[]> {
  const pattern = text === undefined ? undefined : `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return db
    .select({
      id: users.id,
      name: users.name,
      email: users.email,
      role: users.role,
      disabledAt: users.disabledAt,
      createdAt: users.createdAt,
      lastSeen:
        sql`(select max(${sessions.updatedAt}) from ${sessions} where ${sessions.userId} = ${users.id})`.mapWith(
          (value: string | null) => (value === null ? null : new Date(value)),
        ),
      media:
        sql`(select coalesce(sum(${mediaMonths.count}), 0) from ${mediaMonths} where ${mediaMonths.ownerId} = ${users.id})`.mapWith(
          Number,
        ),
      usedBytes: sql`coalesce(${quotas.usedBytes}, 0)`.mapWith(Number),
      limitBytes: sql`coalesce(${quotas.limitBytes}, 0)`.mapWith(Number),
    })
    .from(users)
    .leftJoin(quotas, eq(quotas.ownerId, users.id))
    .where(
      and(
        pattern === undefined
          ? undefined
          : or(sql`${users.email} ilike ${pattern}`, sql`${users.name} ilike ${pattern}`),
        after === undefined ? undefined : gt(users.email, after),
      ),
    )
    .orderBy(asc(users.email))
    .limit(limit);
}

export async function countUsers(db: Db): Promise<number> {
  const [row] = await db.select({ n: count() }).from(users);
  return row?.n ?? 0;
}

/** The language somebody chose, by their address. */
export async function findLanguage(db: Db, email: string): Promise<string | undefined> {
  const [row] = await db.select({ language: users.language }).from(users).where(eq(users.email, email));
  return row?.language ?? undefined;
}

/** How somebody wants to see things; null: as each browser says. */
export async function savePreferences(
  db: Db,
  id: string,
  chosen: { language?: string | null; theme?: string | null },
): Promise<void> {
  await db
    .update(users)
    .set({ ...chosen, updatedAt: sql`now()` })
    .where(eq(users.id, id));
}
