"use server";
import { cookies, headers } from "next/headers";
import { redirect } from "next/navigation";
import { database } from "#lib/database.ts";
import { settings } from "#lib/env.ts";
import { TintypeError } from "#lib/errors.ts";
import { enter } from "#lib/shares/open.ts";
import { cookieName, visitorOf, visitSeconds } from "#lib/shares/visitor.ts";
import { words } from "#lib/words.ts";
import { text } from "../_session/form.ts";
import { sharePath } from "./load.ts";

const w = words("share");

/** What the door says after somebody knocked; the password is never among it. */
export type DoorState = { answer: number; notice?: string; error?: string };

export async function enterShare(state: DoorState, data: FormData): Promise<DoorState> {
  const token = text(data, "token");
  const answer = state.answer + 1;
  try {
    const { cookie } = await enter(database().db, token, {
      visitor: visitorOf(await headers()),
      password: text(data, "password"),
    });
    // Not said as a header: Next shows the page behind the door in this very answer, and has to know the cookie for it.
    (await cookies()).set(cookieName, cookie, {
      path: sharePath(token),
      maxAge: visitSeconds,
      httpOnly: true,
      sameSite: "lax",
      secure: settings().appUrl.startsWith("https:"),
    });
  } catch (error) {
    if (!(error instanceof TintypeError)) throw error;
    if (error.code === "unauthenticated")
      return { answer, error: w(text(data, "password") === "" ? "doorEmpty" : "doorWrong") };
    if (error.code === "rate_limited")
      return { answer, notice: w("doorMany", { minutes: Math.ceil((error.retryAfter ?? 60) / 60) }) };
    // What became of the link, its own page says.
    if (error.code !== "gone" && error.code !== "not_found") throw error;
  }
  redirect(sharePath(token));
}
