import type { Metadata } from "next";
import { currentViewer, requireViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { bytesInWords } from "#app/_ui/bytes.ts";
import { Empty } from "#app/_ui/empty.tsx";
import { missing } from "#app/_ui/missing.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { database } from "#lib/database.ts";
import { delivery } from "#lib/delivery/index.ts";
import { TintypeError } from "#lib/errors.ts";
import { type Arrival, listArrivals } from "#lib/shares/inbox.ts";
import { getShare } from "#lib/shares/manage.ts";
import { renditionKey } from "#lib/storage/keys.ts";
import { words } from "#lib/words.ts";
import { Decide, type Waiting } from "../../_ui/decide.tsx";
import { subjectOf } from "../../_ui/said.tsx";

const w = words("shares");
const pageRows = 50;

export const generateMetadata = (): Metadata => ({ title: w("inbox"), robots: { index: false } });

/** As it is drawn: 240 pixels wide at the most, on fine screens twice that. */
function waitingOf(arrival: Arrival): Waiting {
  const url = (width: number): string => delivery().url(renditionKey(arrival.renditionFolder, width, "avif"));
  const widths = arrival.avifWidths.filter((width, n) => n === 0 || width <= 640);
  return {
    id: arrival.id,
    name: arrival.filename,
    from: arrival.guest === null || arrival.guest === "" ? undefined : w("from", { name: arrival.guest }),
    at: arrival.createdAt,
    size: bytesInWords(arrival.bytes),
    srcSet: widths.map((width) => `${url(width)} ${width}w`).join(", "),
    width: arrival.width,
    height: arrival.height,
    color: `#${arrival.color.toString(16).padStart(6, "0")}`,
  };
}

export default async function Inbox({ params, searchParams }: PageProps<"/shares/[id]/inbox">) {
  await requireViewer();
  const viewer = await currentViewer();
  const { id } = await params;
  const { after } = await searchParams;
  const cursor = Array.isArray(after) ? after[0] : after;
  const { db } = database();
  const share = await getShare(db, { viewer, id }).catch((error: unknown) => {
    if (error instanceof TintypeError) return undefined;
    throw error;
  });
  if (share?.kind !== "inbox") return missing();
  const { arrivals, next } = await listArrivals(db, { viewer, id, cursor, limit: pageRows });
  return (
    <Page>
      <PageHeader
        title={w("inbox")}
        lead={`${share.label} · ${subjectOf(share)}`}
        actions={<ButtonLink href={`/shares/${id}`}>{w("back")}</ButtonLink>}
      />
      <Decide id={id} waiting={arrivals.map(waitingOf)} more={next !== undefined || cursor !== undefined}>
        <Empty title={w("inboxEmptyTitle")} text={w("inboxEmptyText")} />
      </Decide>
      {next === undefined ? null : (
        <ButtonLink href={`/shares/${id}/inbox?after=${next}`} rel="next" className="mt-4">
          {w("inboxMore")}
        </ButtonLink>
      )}
    </Page>
  );
}
