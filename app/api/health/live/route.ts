import { connection } from "next/server";

export async function GET(): Promise<Response> {
  // without a request to wait for, this answer would be made once at build time and cached for a year.
  await connection();
  return Response.json({ live: true }, { headers: { "cache-control": "no-store" } });
}
