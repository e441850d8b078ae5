import type { Metadata } from "next";
import { SharePage } from "../../../_ui/share-page.tsx";
import { metadataOf } from "../../../card.ts";

type Props = PageProps<"/s/[token]/a/[album]">;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { token, album } = await params;
  return metadataOf(token, album);
}

/** An album in the one that was shared. */
export default async function AlbumInShare({ params, searchParams }: Props) {
  const { token, album } = await params;
  return <SharePage token={token} album={album} after={(await searchParams).after} />;
}
