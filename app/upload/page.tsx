import type { Metadata } from "next";
import { requireViewer } from "#app/_session/viewer.ts";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Page } from "#app/_ui/page.tsx";
import { settings } from "#lib/env.ts";
import { canUpload } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { UploadForm } from "./upload-form.tsx";

const w = words("upload");

export const generateMetadata = (): Metadata => ({ title: w("title") });

export default async function UploadPage() {
  const viewer = await requireViewer("/upload");
  if (!canUpload(viewer))
    return (
      <Page>
        <Empty
          level={1}
          title={w("lookOnlyTitle")}
          text={w("lookOnlyText")}
          action={<ButtonLink href="/">{w("lookOnlyAction")}</ButtonLink>}
        />
      </Page>
    );
  const { bytesMax, videoBytesMax } = settings().uploads;
  return (
    <Page width="wide">
      <UploadForm owner={viewer.id} most={{ bytesMax, videoBytesMax }} />
    </Page>
  );
}
