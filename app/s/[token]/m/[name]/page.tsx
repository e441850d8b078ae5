import type { Metadata } from "next";
import { Page } from "#app/_ui/page.tsx";
import { words } from "#lib/words.ts";
import { endTitle } from "../../../_ui/frame.tsx";
import { SharedPicture } from "../../../_ui/picture.tsx";
import { albumIn, loadPicture } from "../../../opened.ts";
import { titleOf } from "../../../title.ts";
import "../../../../(gallery)/m/media.css";

const w = words("share");

export async function generateMetadata({
  params,
  searchParams,
}: PageProps<"/s/[token]/m/[name]">): Promise<Metadata> {
  const { token, name } = await params;
  const { answer, opened } = await loadPicture(token, name, albumIn(await searchParams));
  if (answer.state === "door") return { title: w("doorTitle"), description: "" };
  if (answer.state !== "open") return { title: endTitle(answer.state), description: "" };
  const title = opened === undefined ? endTitle("picture") : opened.details.heading;
  return { title: `${title} · ${titleOf(answer.share)}`, description: "" };
}

export default async function PicturePage({ params, searchParams }: PageProps<"/s/[token]/m/[name]">) {
  const { token, name } = await params;
  return (
    <Page width="bare">
      <SharedPicture token={token} name={name} album={albumIn(await searchParams)} inDialog={false} />
    </Page>
  );
}
