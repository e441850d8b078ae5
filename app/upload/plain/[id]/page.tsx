import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { z } from "zod";
import { requireViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { missing } from "#app/_ui/missing.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { database } from "#lib/database.ts";
import { delivery } from "#lib/delivery/index.ts";
import { TintypeError } from "#lib/errors.ts";
import { getMedia } from "#lib/gallery.ts";
import type { UploadStanding, Viewer } from "#lib/media.ts";
import { storage } from "#lib/storage/current.ts";
import { renditionKey } from "#lib/storage/keys.ts";
import { paceLooks } from "#lib/uploads/pace.ts";
import { type PlainUpload, plainUpload } from "#lib/uploads/plain.ts";
import { words } from "#lib/words.ts";
import { SendForm } from "../send-form.tsx";

const w = words("plain");

export const generateMetadata = (): Metadata => ({ title: w("title") });

/** A page without JavaScript looks again by itself this often while the worker reads. */
const lookSeconds = 3;

/**
 * One plain upload: its form, and after the bucket has sent the browser back, what becomes of it. What the bucket adds
 * to the address is taken off and never read.
 */
export default async function PlainUploadStands({ params, searchParams }: PageProps<"/upload/plain/[id]">) {
  const { id } = await params;
  const here = `/upload/plain/${id}`;
  if (!z.uuid().safeParse(id).success) return missing();
  const viewer = await requireViewer(here);
  const found = await look(viewer, id);
  if (found === undefined) return missing();
  const query = await searchParams;
  if (query.key !== undefined || query.etag !== undefined) redirect(`${here}?sent=1`);
  return (
    <Page className="grid !max-w-2xl content-start gap-6">
      {found.is === "form" ? (
        <SendForm form={found.form} looked={found.looked} sent={query.sent !== undefined} here={here} />
      ) : (
        <Standing standing={found.standing} viewer={viewer} here={here} />
      )}
    </Page>
  );
}

async function look(viewer: Viewer, id: string): Promise<PlainUpload | undefined> {
  try {
    await paceLooks(viewer, 1);
    return await plainUpload(database().db, storage(), { viewer, id });
  } catch (error) {
    if (error instanceof TintypeError && ["not_found", "forbidden"].includes(error.code)) return undefined;
    throw error;
  }
}

type Shown = { standing: UploadStanding; viewer: Viewer; here: string };

function Standing({ standing, viewer, here }: Shown) {
  const { state, rejectCode, mediaId, message } = standing;
  if (state === "verifying") return <Verifying here={here} />;
  if (state === "ready" && mediaId !== null)
    return <End title={w("readyTitle")} text={w("readyText")} mediaId={mediaId} viewer={viewer} />;
  if (state === "rejected" && rejectCode === "duplicate" && mediaId !== null)
    return <End title={w("duplicateTitle")} text={w("duplicateText")} mediaId={mediaId} viewer={viewer} />;
  if (state === "rejected") return <End title={w("rejectedTitle")} text={message ?? ""} viewer={viewer} />;
  return <End title={w("endedTitle")} text={w("endedText")} viewer={viewer} />;
}

function Verifying({ here }: { here: string }) {
  return (
    <>
      <noscript>
        <meta httpEquiv="refresh" content={`${lookSeconds}; url=${here}`} />
      </noscript>
      <PageHeader title={w("verifyingTitle")} lead={`${w("verifyingText")} ${w("verifyingHint")}`} />
      <div className="flex flex-wrap gap-2">
        <ButtonLink href={here} variant="primary" prefetch={false}>
          {w("lookAgain")}
        </ButtonLink>
        <ButtonLink href="/upload/plain">{w("another")}</ButtonLink>
      </div>
    </>
  );
}

async function End(props: { title: string; text: string; mediaId?: string; viewer: Viewer }) {
  const { title, text, mediaId, viewer } = props;
  const media = mediaId === undefined ? undefined : await getMedia(database().db, { viewer, id: mediaId });
  const width = media?.jpegWidths.find((one) => one >= 640) ?? media?.jpegWidths.at(-1);
  return (
    <>
      <PageHeader title={title} lead={text} />
      {media === undefined || width === undefined ? null : (
        <img
          src={delivery().url(renditionKey(media.renditionFolder, width, "jpg"))}
          alt={media.alt}
          width={media.width}
          height={media.height}
          className="h-auto max-h-[60vh] w-auto max-w-full rounded-md bg-raised"
        />
      )}
      <div className="flex flex-wrap gap-2">
        {media === undefined ? null : (
          <ButtonLink href={`/m/${media.id}`} variant="primary">
            {w("open")}
          </ButtonLink>
        )}
        <ButtonLink href="/upload/plain">{w("another")}</ButtonLink>
        <ButtonLink href="/">{w("gallery")}</ButtonLink>
      </div>
    </>
  );
}
