import type { Metadata } from "next";
import { database } from "#lib/database.ts";
import { settings } from "#lib/env.ts";
import { canUpload } from "#lib/media.ts";
import { listTrash, type TrashPage, trashPageRows } from "#lib/trash-list.ts";
import { locale, words } from "#lib/words.ts";
import { requireViewer } from "../../_session/viewer.ts";
import { ButtonLink } from "../../_ui/button.tsx";
import { Empty } from "../../_ui/empty.tsx";
import { Page } from "../../_ui/page.tsx";
import { PageHeader } from "../../_ui/page-header.tsx";
import { emptyNow, restoreChosen } from "./actions.ts";
import { EmptyForm } from "./empty-form.tsx";
import { RestoreForm } from "./restore-form.tsx";
import { TrashLine } from "./trash-line.tsx";

const w = words("account");

export const generateMetadata = (): Metadata => ({ title: w("trashTitle") });

const daySeconds = 86_400;

/** "30 days": how long a picture that is thrown away now could be taken back. */
function trashWindow(): string {
  const seconds = settings().trashSeconds;
  const [count, unit] =
    seconds >= daySeconds ? [Math.round(seconds / daySeconds), "day"] : [Math.ceil(seconds / 60), "minute"];
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(count);
}

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function TrashPageView({ searchParams }: Props) {
  const viewer = await requireViewer("/trash");
  if (!canUpload(viewer))
    return (
      <Page>
        <Empty
          level={1}
          title={w("trashTitle")}
          text={w("trashLookOnly")}
          action={<ButtonLink href="/">{w("trashToGallery")}</ButtonLink>}
        />
      </Page>
    );
  const { after } = await searchParams;
  const cursor = typeof after === "string" ? after : undefined;
  const page = await listTrash(database().db, { viewer, cursor, limit: trashPageRows });
  const lead = settings().trashSeconds === 0 ? w("trashLeadNone") : w("trashLead", { window: trashWindow() });
  return (
    <Page className="!max-w-3xl">
      <PageHeader title={w("trashTitle")} lead={lead} />
      <RestoreForm
        action={restoreChosen}
        empty={page.rows.length === 0}
        selectAll={w(cursor === undefined && page.next === undefined ? "trashSelectAll" : "trashSelectPage")}
        restore={w("trashRestore")}
        sending={w("sending")}
      >
        <List page={page} />
      </RestoreForm>
      {page.rows.length === 0 ? null : (
        <EmptyForm
          action={emptyNow}
          before={new Date().toISOString()}
          ask={w("trashEmptyAsk")}
          sure={w("trashEmptySure")}
          confirm={w("trashEmptyNow")}
        />
      )}
      <Pager first={cursor !== undefined} next={page.next} />
    </Page>
  );
}

/** Inside the form, which stays when the last row goes: it tells what became of it. */
function List({ page }: { page: TrashPage }) {
  if (page.rows.length === 0)
    return (
      <Empty
        title={w("trashEmpty")}
        text={w("trashEmptyText")}
        action={<ButtonLink href="/">{w("trashToGallery")}</ButtonLink>}
      />
    );
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
      {page.rows.map((row) => (
        <TrashLine key={row.id} row={row} />
      ))}
    </ul>
  );
}

function Pager({ first, next }: { first: boolean; next: string | undefined }) {
  if (!first && next === undefined) return null;
  return (
    <nav aria-label={w("trashPages")} className="mt-6 flex flex-wrap justify-end gap-2">
      {first ? (
        <ButtonLink href="/trash" variant="plain">
          {w("trashNewest")}
        </ButtonLink>
      ) : null}
      {next === undefined ? null : (
        <ButtonLink href={`/trash?after=${next}`} rel="next">
          {w("trashOlder")}
        </ButtonLink>
      )}
    </nav>
  );
}
