import { words } from "#lib/words.ts";
import { ButtonLink } from "./_ui/button.tsx";
import { Empty } from "./_ui/empty.tsx";
import { Page } from "./_ui/page.tsx";

const w = words("shared");

export default function Forbidden() {
  return (
    <Page>
      <title>{w("forbiddenTitle")}</title>
      <Empty
        level={1}
        title={w("forbiddenTitle")}
        text={w("forbiddenText")}
        action={<ButtonLink href="/">{w("home")}</ButtonLink>}
      />
    </Page>
  );
}
