import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Page } from "#app/_ui/page.tsx";
import { ends } from "#lib/words/ends.ts";
import { words } from "#lib/words.ts";
import { Lightbox } from "../_ui/lightbox.tsx";
import { pageOf } from "../back.ts";
import { altOf, headingOf } from "../facts.ts";
import { listIn, loadMedia, loadOpened } from "../load.ts";
import { jpegOf } from "../renditions.ts";
import "../media.css";

export async function generateMetadata({ params }: PageProps<"/m/[id]">): Promise<Metadata> {
  const media = await loadMedia((await params).id);
  if (media === undefined) return { title: ends().notFoundTitle, robots: { index: false } };
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

export default async function MediaPage({ params, searchParams }: PageProps<"/m/[id]">) {
  const opened = await loadOpened((await params).id, listIn(await searchParams));
  if (opened === undefined) notFound();
  return (
    <Page width="bare">
      <Lightbox key={opened.details.id} opened={opened} inDialog={false} back={pageOf(opened.list)} />
    </Page>
  );
}
