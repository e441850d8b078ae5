import type { Metadata } from "next";
import { connection } from "next/server";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { words } from "#lib/words.ts";

const w = words("site");

export const generateMetadata = (): Metadata => ({ title: w("sharedTitle"), robots: { index: false } });

/** Pictures shared from another app come here only when no service worker has caught them. */
export default async function ShareTarget() {
  await connection();
  return (
    <Page>
      <Empty
        level={1}
        title={w("sharedTitle")}
        text={w("sharedText")}
        action={
          <ButtonLink href="/upload" variant="primary">
            {w("sharedAction")}
          </ButtonLink>
        }
      />
    </Page>
  );
}
