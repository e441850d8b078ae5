import { z } from "zod";
import { database } from "#lib/database.ts";
import { type Guest, guestOf, paceGuest } from "#lib/shares/guest.ts";
import { visitorOf } from "#lib/shares/visitor.ts";

export const tokenShape = z.object({ token: z.string() });
export const uploadShape = z.object({ token: z.string(), id: z.uuid() });

/** The guest who asks, after the asking was counted. */
export async function askingGuest(request: Request, token: string, cost = 1): Promise<Guest> {
  const { db } = database();
  const visitor = visitorOf(request.headers);
  const guest = await guestOf(db, token, visitor);
  await paceGuest(db, guest, visitor.client, cost);
  return guest;
}
