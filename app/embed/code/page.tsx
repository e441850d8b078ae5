import type { Metadata } from "next";
import { Button } from "#app/_ui/button.tsx";
import { Field, SelectField } from "#app/_ui/field.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { CopyButton } from "#app/admin/_ui/copy-button.tsx";
import { database } from "#lib/database.ts";
import { embedChoice } from "#lib/open-web/embed.ts";
import { themes } from "#lib/theme.ts";
import { words } from "#lib/words.ts";

const w = words("site");

export const generateMetadata = (): Metadata => ({ title: w("embedTitle"), robots: { index: false } });

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** A plain GET form: the address carries what was chosen. */
export default async function EmbedCode({ searchParams }: Props) {
  const { albums, albumId, height, theme, snippet, src, title } = await embedChoice(
    database().db,
    await searchParams,
  );
  const things = [
    { value: "", label: w("embedGallery") },
    ...albums.map((album) => ({ value: album.id, label: w("embedAlbum", { title: album.title }) })),
  ];
  return (
    <Page width="narrow">
      <PageHeader title={w("embedTitle")} lead={w("embedLead")} />
      <form className="grid gap-4">
        <SelectField label={w("embedWhat")} name="album" defaultValue={albumId ?? ""} options={things} />
        <SelectField
          label={w("theme")}
          name="theme"
          defaultValue={theme}
          options={themes.map((each) => ({ value: each, label: w(each) }))}
        />
        <Field
          label={w("embedHeight")}
          name="height"
          type="number"
          min={200}
          max={4000}
          defaultValue={height}
        />
        <div>
          <Button type="submit">{w("embedShow")}</Button>
        </div>
      </form>
      <div className="mt-8 grid gap-2">
        <h2 className="font-semibold">{w("embedCode")}</h2>
        <pre className="overflow-x-auto rounded-lg border border-line bg-surface p-3 text-sm whitespace-pre-wrap">
          <code>{snippet}</code>
        </pre>
        <div>
          <CopyButton text={snippet} copy={w("embedCopy")} copied={w("embedCopied")} />
        </div>
        <h2 className="mt-6 font-semibold">{w("embedPreview")}</h2>
        <iframe
          src={src}
          title={title}
          loading="lazy"
          className="h-96 w-full rounded-lg border border-line bg-surface"
        />
      </div>
    </Page>
  );
}
