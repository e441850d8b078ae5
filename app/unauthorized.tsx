import { words } from "#lib/words.ts";
import { ButtonLink } from "./_ui/button.tsx";
import { Empty } from "./_ui/empty.tsx";
import { Page } from "./_ui/page.tsx";

const w = words("shared");

export default function Unauthorized() {
  return (
    <Page>
      <title>{w("unauthorizedTitle")}</title>
      <Empty
        level={1}
        title={w("unauthorizedTitle")}
        text={w("unauthorizedText")}
        action={
          <ButtonLink href="/sign-in" variant="primary">
            {w("signIn")}
          </ButtonLink>
        }
      />
    </Page>
  );
}
