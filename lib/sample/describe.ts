/** Gives sample pictures what a person would have given them: words, tags, stars, albums, and who may see them. */
import type { Db } from "#db/client.ts";
import { finishSample, sampleAlbum } from "#db/queries/samples.ts";
import { changeMedia } from "../bulk/change.ts";
import { type ChangeInput, changeShape, selectionShape } from "../bulk/shapes.ts";
import { settings } from "../env.ts";
import type { Viewer } from "../media.ts";
import { albums, type Sample, samples } from "./catalogue.ts";

type Came = { number: number; mediaId: string; sample: Sample };

/** Repeating it changes nothing. The last step marks each as done, so that a run that was interrupted repeats it. */
export async function describeSamples(
  db: Db,
  some: { number: number; mediaId: string }[],
  owner: Viewer,
): Promise<void> {
  const came = some.flatMap(({ number, mediaId }): Came[] => {
    const sample = samples[number];
    return sample === undefined ? [] : [{ number, mediaId, sample }];
  });
  const change = async (ids: string[], wanted: ChangeInput): Promise<void> => {
    if (ids.length === 0) return;
    await changeMedia(db, {
      viewer: owner,
      selection: selectionShape.parse({ ids }),
      change: changeShape.parse(wanted),
    });
  };
  /** One change for all that share a value; `undefined` is no wish. */
  const byValue = async <T>(
    value: (sample: Sample) => T | undefined,
    wish: (value: T) => ChangeInput,
  ): Promise<void> => {
    const values = new Set(came.map(({ sample }) => value(sample)));
    for (const one of values)
      if (one !== undefined)
        await change(
          came.filter(({ sample }) => value(sample) === one).map(({ mediaId }) => mediaId),
          wish(one),
        );
  };
  for (const { mediaId, sample } of came)
    await change([mediaId], { kind: "texts", title: sample.title, alt: sample.alt });
  for (const tag of new Set(came.flatMap(({ sample }) => sample.tags)))
    await change(
      came.filter(({ sample }) => sample.tags.includes(tag)).map(({ mediaId }) => mediaId),
      { kind: "tags", add: [tag] },
    );
  await byValue(
    ({ rating }) => (rating > 0 ? rating : undefined),
    (rating) => ({ kind: "rating", rating }),
  );
  await byValue(
    ({ favourite }) => (favourite ? true : undefined),
    (on) => ({ kind: "favourite", on }),
  );
  for (const key of new Set(came.flatMap(({ sample }) => sample.album ?? []))) {
    const visibility = allowed("public");
    const id = await sampleAlbum(db, { ownerId: owner.id, ...albums[key], visibility });
    if (id !== undefined)
      await change(
        came.filter(({ sample }) => sample.album === key).map(({ mediaId }) => mediaId),
        { kind: "album", add: id },
      );
  }
  await byValue(
    ({ visibility }) => allowed(visibility),
    (visibility) => ({ kind: "visibility", visibility }),
  );
  for (const { number, mediaId } of came) await finishSample(db, number, mediaId);
}

/** What was wished, unless this gallery shows nothing that way. */
function allowed(visibility: Sample["visibility"]): Sample["visibility"] {
  const { visibilities } = settings();
  return visibilities.includes(visibility) ? visibility : (visibilities[0] ?? "private");
}
