import type { Metadata } from "next";
import { SharePage } from "../_ui/share-page.tsx";
import { metadataOf } from "../card.ts";

export const generateMetadata = async ({ params }: PageProps<"/s/[token]">): Promise<Metadata> =>
  metadataOf((await params).token, "");

export default async function WholeShare({ params, searchParams }: PageProps<"/s/[token]">) {
  return <SharePage token={(await params).token} album="" after={(await searchParams).after} />;
}
