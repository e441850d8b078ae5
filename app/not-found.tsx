import { connection } from "next/server";
import { words } from "#lib/words.ts";
import { ButtonLink } from "./_ui/button.tsx";
import { Empty } from "./_ui/empty.tsx";
import { Page } from "./_ui/page.tsx";

const w = words("shared");

export const metadata = { title: w("notFoundTitle") };

export default async function NotFound() {
  // Made ahead of the request it would carry no nonce, and its scripts would be refused.
  await connection();
  return (
    <Page>
      <Empty
        level={1}
        title={w("notFoundTitle")}
        text={w("notFoundText")}
        action={<ButtonLink href="/">{w("home")}</ButtonLink>}
      />
    </Page>
  );
}
