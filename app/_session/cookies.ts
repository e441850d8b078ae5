import { cookies } from "next/headers";
import { readCookies } from "#lib/auth.ts";

/** Copies the cookies that lib/auth.ts returns into the answer of a server action. */
export async function setCookies(headers: Headers): Promise<void> {
  const jar = await cookies();
  for (const { name, value, options } of readCookies(headers)) jar.set(name, value, options);
}
