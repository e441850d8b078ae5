import type { Metadata } from "next";
import { missing } from "#app/_ui/missing.tsx";
import { Page } from "#app/_ui/page.tsx";
import { StructuredData } from "#app/_ui/structured-data.tsx";
import { pictureOf } from "#lib/open-web/describe.ts";
import { oembedLinks } from "#lib/open-web/oembed.ts";
import { ends } from "#lib/words/ends.ts";
import { words } from "#lib/words.ts";
import { Lightbox } from "../_ui/lightbox.tsx";
import { pageOf } from "../back.ts";
import { altOf, headingOf } from "../facts.ts";
import { listIn, loadMedia, loadOpened } from "../load.ts";
import "../media.css";

export async function generateMetadata({ params }: PageProps<"/m/[id]">): Promise<Metadata> {
  const media = await loadMedia((await params).id);
  if (media === undefined) return { title: ends().notFoundTitle, robots: { index: false } };
  const title = headingOf(media);
  // Only what everybody may see may be found or previewed elsewhere.
  if (media.visibility !== "public") return { title, robots: { index: false, follow: false } };
  const description = media.description === "" ? words("shared")("tagline") : media.description.slice(0, 200);
  const picture = pictureOf(media);
  const images = picture === undefined ? [] : [{ ...picture, alt: altOf(media) }];
  return {
    title,
    description,
    alternates: { canonical: `/m/${media.id}`, types: oembedLinks(`/m/${media.id}`) },
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
  if (opened === undefined) return missing();
  return (
    <Page width="bare">
      {opened.details.visibility === "public" ? <StructuredData id={opened.details.id} /> : null}
      <Lightbox key={opened.details.id} opened={opened} inDialog={false} back={pageOf(opened.list)} />
    </Page>
  );
}
