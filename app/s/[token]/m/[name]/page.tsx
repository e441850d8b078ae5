import { Download } from "lucide-react";
import type { Metadata } from "next";
import { cache } from "react";
import { ButtonLink } from "#app/_ui/button.tsx";
import { Page } from "#app/_ui/page.tsx";
import { sayStatus } from "#lib/answer.ts";
import { database } from "#lib/database.ts";
import { clipOf, sizesFor } from "#lib/downloads/sizes.ts";
import { type SharedMedia, shareMedia } from "#lib/shares/contents.ts";
import type { OpenShare } from "#lib/shares/open.ts";
import { words } from "#lib/words.ts";
import { bytesInWords } from "../../../../_ui/bytes.ts";
import { Ended, endTitle } from "../../../_ui/frame.tsx";
import { Live } from "../../../_ui/live.tsx";
import { Walk } from "../../../_ui/walk.tsx";
import { answerFor, loadShare, sharePath } from "../../../load.ts";
import { largeOf, motionOf, videoOf } from "../../../pictures.ts";
import { altOf, dayOf, headingOf, titleOf } from "../../../title.ts";
import "../../../share.css";

const w = words("share");

const load = cache(async (token: string, name: string) => {
  const answer = await loadShare(token);
  if (answer.state !== "open") return { answer };
  return { answer, found: await shareMedia(database().db, answer.share, name) };
});

export async function generateMetadata({ params }: PageProps<"/s/[token]/m/[name]">): Promise<Metadata> {
  const { token, name } = await params;
  const { answer, found } = await load(token, name);
  if (answer.state === "door") return { title: w("doorTitle"), description: "" };
  if (answer.state !== "open") return { title: endTitle(answer.state), description: "" };
  const title = found === undefined ? endTitle("picture") : headingOf(found.media);
  return { title: `${title} · ${titleOf(answer.share)}`, description: "" };
}

function Downloads({ share, media, path }: { share: OpenShare; media: SharedMedia; path: string }) {
  const clip = clipOf(media);
  const sizes = [
    ...sizesFor(share, media),
    ...(clip === undefined ? [] : [{ size: "clip" as const, width: undefined, bytes: clip.bytes }]),
  ];
  if (sizes.length === 0) return null;
  if (share.downloadsMax !== null && share.downloads >= share.downloadsMax)
    return (
      <p className="text-sm text-muted">
        <span className="font-medium text-ink">{w("downloadsUsedTitle")}</span> {w("downloadsUsedText")}
      </p>
    );
  return (
    <div className="grid gap-2">
      <h2 className="text-sm font-medium text-muted">{w("downloads")}</h2>
      <ul className="flex flex-wrap gap-2">
        {sizes.map(({ size, width, bytes }) => (
          <li key={size}>
            <a
              href={`${path}/download?size=${size}`}
              rel="nofollow"
              download
              className="inline-flex min-h-10 items-center justify-center gap-2 rounded-md border border-line bg-surface px-4 text-sm font-medium hover:bg-raised"
            >
              <Download aria-hidden className="size-4" />
              {size === "original" || size === "clip"
                ? w(size === "clip" ? "downloadClip" : "downloadOriginal", { size: bytesInWords(bytes ?? 0) })
                : media.kind === "video"
                  ? w("downloadVideo")
                  : w(size === "large" ? "downloadLarge" : "downloadJpeg", { width: String(width) })}
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

export default async function SharedPicture({ params, searchParams }: PageProps<"/s/[token]/m/[name]">) {
  const { token, name } = await params;
  const playing = (await searchParams).play !== undefined;
  const { answer, found } = await load(token, name);
  const share = await answerFor(token, answer);
  const all = sharePath(token);
  const back = (
    <ButtonLink href={all} prefetch={false}>
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
  if (found === undefined) {
    sayStatus(404);
    return <Ended state="picture" action={back} />;
  }
  const { media, beside } = found;
  const at = (neighbour: { id: string } | undefined): string | undefined =>
    neighbour === undefined ? undefined : `${all}/m/${neighbour.id}`;
  const large = largeOf(media);
  const motion = motionOf(media);
  const video = videoOf(media);
  return (
    <Page width="bare">
      <figure className="m-0">
        <div
          className="shown bg-raised"
          style={{
            ["--ratio" as string]: (media.width / media.height).toFixed(4),
            ["--width" as string]: `${media.width}px`,
          }}
        >
          {video?.kind === "video" ? (
            <video
              controls
              playsInline
              preload="metadata"
              src={video.url}
              poster={large.src}
              aria-label={altOf(media)}
              className="block size-full bg-black object-contain"
            >
              <track kind="captions" />
            </video>
          ) : (
            <picture className="contents">
              {motion === undefined ? null : (
                <source srcSet={motion} media="(prefers-reduced-motion: no-preference)" />
              )}
              <img
                key={media.id}
                alt={altOf(media)}
                width={media.width}
                height={media.height}
                src={large.src}
                srcSet={large.srcSet}
                sizes={large.sizes}
                fetchPriority="high"
                decoding="async"
                style={{ backgroundColor: `#${media.color.toString(16).padStart(6, "0")}` }}
              />
            </picture>
          )}
          {video?.kind === "live" ? <Live key={media.id} url={video.url} name={altOf(media)} /> : null}
        </div>
        <Walk previous={at(beside.previous)} next={at(beside.next)} all={all} playing={playing} />
        <figcaption className="mx-auto grid max-w-3xl gap-4 px-4 pb-4">
          <h1 className="text-xl font-semibold tracking-tight text-balance">{headingOf(media)}</h1>
          {media.description === "" ? null : (
            <p className="text-pretty whitespace-pre-line">{media.description}</p>
          )}
          {media.title === "" ? null : <p className="text-sm text-muted">{dayOf(media)}</p>}
          <Downloads share={share} media={media} path={`${all}/m/${media.id}`} />
        </figcaption>
      </figure>
    </Page>
  );
}
