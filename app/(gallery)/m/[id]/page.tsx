import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Page } from "#app/_ui/page.tsx";
import { ends } from "#lib/words/ends.ts";
import { words } from "#lib/words.ts";
import { MediaView } from "../_ui/media-view.tsx";
import { altOf, headingOf } from "../facts.ts";
import { loadMedia } from "../load.ts";
import { jpegOf } from "../renditions.ts";

export async function generateMetadata({ params }: PageProps<"/m/[id]">): Promise<Metadata> {
  const found = await loadMedia((await params).id);
  if (found === undefined) return { title: ends().notFoundTitle, robots: { index: false } };
  const { media } = found;
  const title = headingOf(media);
  // Only what everybody may see may be found or previewed elsewhere.
  if (media.visibility !== "public") return { title, robots: { index: false, follow: false } };
  const description = media.description === "" ? words("shared")("tagline") : media.description.slice(0, 200);
  const url = jpegOf(media);
  const width = media.jpegWidths.at(-1);
  const images =
    url === undefined || width === undefined
      ? []
      : [{ url, width, height: Math.round((width * media.height) / media.width), alt: altOf(media) }];
  return {
    title,
    description,
    alternates: { canonical: `/m/${media.id}` },
    openGraph: {
      type: "article",
      siteName: words("shared")("name"),
      title,
      description,
      url: `/m/${media.id}`,
      images,
    },
    twitter: { card: "summary_large_image", title, description, images },
  };
}

export default async function MediaPage({ params }: PageProps<"/m/[id]">) {
  const found = await loadMedia((await params).id);
  if (found === undefined) notFound();
  return (
    <Page width="bare">
      <MediaView media={found.media} beside={found.beside} inDialog={false} />
    </Page>
  );
}
