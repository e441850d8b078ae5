import { connection } from "next/server";
import { ends } from "#lib/words/ends.ts";
import { DeadEnd } from "./_ui/dead-end.tsx";

export const generateMetadata = () => ({ title: ends().notFoundTitle });

export default async function NotFound() {
  // Made ahead of the request it would carry no nonce, and its scripts would be refused.
  await connection();
  return <DeadEnd kind="notFound" />;
}
