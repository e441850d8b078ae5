import { ButtonLink } from "#app/_ui/button.tsx";
import { Page } from "#app/_ui/page.tsx";
import { sayStatus } from "#lib/answer.ts";
import { words } from "#lib/words.ts";
import { answerFor, sharePath } from "../load.ts";
import { albumPath, loadPicture } from "../opened.ts";
import { Anew } from "./anew.tsx";
import { Ended } from "./frame.tsx";
import { ShareLightbox } from "./share-lightbox.tsx";

const w = words("share");

/** One picture of a share, or what its link says instead: the page of it, and the dialog over the list. */
export async function SharedPicture({
  token,
  name,
  album,
  inDialog,
}: {
  token: string;
  name: string;
  album: string;
  inDialog: boolean;
}) {
  const { answer, opened } = await loadPicture(token, name, album);
  const share = await answerFor(token, answer);
  // A page of its own, with its own status, and not a dialog over pictures that are not there for this visitor.
  if (inDialog && opened === undefined) return <Anew />;
  const back = (
    <ButtonLink href={sharePath(token)} prefetch={false}>
      {w(answer.state === "door" ? "doorOpen" : "back")}
    </ButtonLink>
  );
  if (answer.state === "door")
    return (
      <Page className="grid justify-items-center gap-4 py-24 text-center">
        <h1 className="text-lg font-semibold">{w(answer.needsPassword ? "doorTitle" : "doorCountTitle")}</h1>
        {back}
      </Page>
    );
  if (share === undefined || answer.state !== "open")
    return <Ended state={answer.state === "open" ? "unknown" : answer.state} />;
  if (opened === undefined) {
    sayStatus(404);
    return <Ended state="picture" action={back} />;
  }
  return (
    <ShareLightbox
      key={opened.details.id}
      path={sharePath(token)}
      opened={opened}
      inDialog={inDialog}
      back={albumPath(token, album)}
    />
  );
}
