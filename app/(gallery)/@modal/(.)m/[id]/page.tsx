import { Empty } from "#app/_ui/empty.tsx";
import { words } from "#lib/words.ts";
import { Dialog } from "../../../m/_ui/dialog.tsx";
import { MediaView } from "../../../m/_ui/media-view.tsx";
import { headingOf } from "../../../m/facts.ts";
import { loadMedia } from "../../../m/load.ts";

const w = words("media");

/** The same view as the picture's own page, over the list it was chosen from. */
export default async function MediaDialog({ params }: { params: Promise<{ id: string }> }) {
  const found = await loadMedia((await params).id);
  if (found === undefined)
    return (
      <Dialog label={w("missingTitle")} close={w("close")}>
        <Empty level={1} title={w("missingTitle")} text={w("missingText")} />
      </Dialog>
    );
  return (
    <Dialog label={headingOf(found.media)} close={w("close")}>
      <title>{headingOf(found.media)}</title>
      <MediaView media={found.media} beside={found.beside} inDialog={true} />
    </Dialog>
  );
}
