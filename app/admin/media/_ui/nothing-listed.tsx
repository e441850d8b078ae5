import { type MediaQuery, mediaAddress, mediaConditions, parseMediaQuery } from "#lib/admin-filter.ts";
import { words } from "#lib/words.ts";
import { ButtonLink } from "../../../_ui/button.tsx";
import { Empty } from "../../../_ui/empty.tsx";

const w = words("admin");

/** Why a list is empty, and the way out of it. */
export function NothingListed({ query }: { query: MediaQuery }) {
  if (query.cursor !== undefined) return <Empty title={w("pastEndTitle")} text={w("pastEndText")} />;
  if (query.text !== undefined || mediaConditions(query) > 0)
    return (
      <Empty
        title={w("noMatchTitle")}
        text={w("noMatchText")}
        action={<ButtonLink href={mediaAddress(parseMediaQuery({}))}>{w("clear")}</ButtonLink>}
      />
    );
  if (query.state === "trash") return <Empty title={w("emptyTrashTitle")} text={w("emptyTrashText")} />;
  return (
    <Empty
      title={w("emptyTitle")}
      text={w("emptyText")}
      action={
        <ButtonLink href="/upload" variant="primary">
          {w("emptyUpload")}
        </ButtonLink>
      }
    />
  );
}
