import { Empty } from "#app/_ui/empty.tsx";
import { words } from "#lib/words.ts";
import { Lightbox } from "../../../m/_ui/lightbox.tsx";
import { Missing } from "../../../m/_ui/missing.tsx";
import { pageOf } from "../../../m/back.ts";
import { listIn, loadOpened } from "../../../m/load.ts";
import "../../../m/media.css";

const w = words("media");

type Props = {
  params: Promise<{ id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

/** The same view as the picture's own page, over the list it was chosen from. */
export default async function MediaDialog({ params, searchParams }: Props) {
  const opened = await loadOpened((await params).id, listIn(await searchParams));
  if (opened === undefined)
    return (
      <Missing label={w("missingTitle")} close={w("close")}>
        <Empty level={1} title={w("missingTitle")} text={w("missingText")} />
      </Missing>
    );
  return (
    <>
      <title>{opened.details.heading}</title>
      <Lightbox key={opened.details.id} opened={opened} inDialog={true} back={pageOf(opened.list)} />
    </>
  );
}
