"use server";
import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { database } from "#lib/database.ts";
import { settings } from "#lib/env.ts";
import { TintypeError } from "#lib/errors.ts";
import { enterAsGuest } from "#lib/shares/guest.ts";
import { cookieName, visitorOf, visitSeconds } from "#lib/shares/visitor.ts";
import { words } from "#lib/words.ts";
import { text } from "../_session/form.ts";

const w = words("share");

/** What the door says after somebody knocked; the password is never among it. */
export type GuestDoorState = { answer: number; notice?: string; error?: string; name?: string };

export async function enterGuest(state: GuestDoorState, data: FormData): Promise<GuestDoorState> {
  const token = text(data, "token");
  const path = `/guest/${encodeURIComponent(token)}`;
  const name = text(data, "name");
  const password = text(data, "password");
  const answer = state.answer + 1;
  try {
    const visitor = visitorOf(await headers());
    const cookie = await enterAsGuest(database().db, token, { visitor, password, name });
    (await cookies()).set(cookieName, cookie, {
      path,
      maxAge: visitSeconds,
      httpOnly: true,
      sameSite: "lax",
      secure: settings().appUrl.startsWith("https:"),
    });
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    if (error.code === "unauthenticated")
      return { answer, name, error: w(password === "" ? "doorEmpty" : "doorWrong") };
    if (error.code === "rate_limited")
      return { answer, name, notice: w("doorMany", { minutes: Math.ceil((error.retryAfter ?? 60) / 60) }) };
    // What became of the link, its own page says.
    if (error.code !== "gone" && error.code !== "not_found") throw error;
  }
  redirect(path);
}
