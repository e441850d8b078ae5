/** Sessions, always judged by the clock of the database. */
import { and, desc, eq, gt, isNull, lt, ne, sql } from "drizzle-orm";
import type { Db } from "../client.ts";
import { type Session, sessions, users } from "../schema.ts";

export const sessionDays = 30;
/** A session is prolonged at most once a day, so that reading pages stays reading. */
const prolongAfterDays = 1;
const inDays = (days: number) => sql`now() + make_interval(days => ${days})`;
const alive = gt(sessions.expiresAt, sql`now()`);

/** Who a session token stands for: one look at two unique indexes. Disabled people are nobody. */
export const sessionQuery = (db: Db) =>
  db
    .select({
      sessionId: sessions.id,
      stale: sql<boolean>`${sessions.expiresAt} < ${inDays(sessionDays - prolongAfterDays)}`,
      id: users.id,
      name: users.name,
      email: users.email,
      role: users.role,
      language: users.language,
      theme: users.theme,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.token, sql.placeholder("token")), alive, isNull(users.disabledAt)))
    .prepare("session_viewer");

export async function prolongSession(db: Db, id: string): Promise<void> {
  await db
    .update(sessions)
    .set({ expiresAt: inDays(sessionDays), updatedAt: sql`now()` })
    .where(and(eq(sessions.id, id), alive));
}

/** When a session that begins now ends; `undefined` for someone who may not begin one. */
export async function newSessionEnd(db: Db, userId: string): Promise<Date | undefined> {
  const [row] = await db
    .select({ end: sql`${inDays(sessionDays)}`.mapWith(sessions.expiresAt) })
    .from(users)
    .where(and(eq(users.id, userId), isNull(users.disabledAt)));
  return row?.end;
}

export async function findSessions(db: Db, userId: string): Promise<Session[]> {
  return db
    .select()
    .from(sessions)
    .where(and(eq(sessions.userId, userId), alive))
    .orderBy(desc(sessions.updatedAt), desc(sessions.id));
}

/** Where the person with this address is signed in, the latest used first. */
export async function findSessionAddresses(db: Db, email: string): Promise<string[]> {
  const rows = await db
    .select({ ipAddress: sessions.ipAddress })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(users.email, email), alive))
    .orderBy(desc(sessions.updatedAt))
    .limit(50);
  return rows.flatMap(({ ipAddress }) => (ipAddress === null ? [] : [ipAddress]));
}

/** Ends one session of a person; returns whether there was one. */
export async function deleteSession(db: Db, userId: string, id: string): Promise<boolean> {
  const ended = await db
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), eq(sessions.id, id)))
    .returning({ id: sessions.id });
  return ended.length > 0;
}

export async function deleteSessionByToken(db: Db, token: string): Promise<void> {
  await db.delete(sessions).where(eq(sessions.token, token));
}

/** Ends every session of a person but `exceptId`; returns how many. */
export async function deleteSessions(db: Db, userId: string, exceptId?: string): Promise<number> {
  const ended = await db
    .delete(sessions)
    .where(and(eq(sessions.userId, userId), exceptId === undefined ? undefined : ne(sessions.id, exceptId)))
    .returning({ id: sessions.id });
  return ended.length;
}

export async function deleteOverSessions(db: Db, userId: string): Promise<void> {
  await db.delete(sessions).where(and(eq(sessions.userId, userId), lt(sessions.expiresAt, sql`now()`)));
}
