"use server";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import * as auth from "#lib/auth.ts";
import { setCookies } from "./cookies.ts";

/** For the forms of the header and the account page; works without script. */
export async function signOut(): Promise<void> {
  await setCookies(await auth.signOut(await headers()));
  redirect("/");
}
