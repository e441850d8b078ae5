import type { GalleryPage } from "#lib/gallery.ts";
import { perLocale, words } from "#lib/words.ts";
import { Stream, type StreamWords } from "../../_ui/stream.tsx";
import { sheetOf } from "../../sheet.ts";
import "../../gallery.css";

const g = words("gallery");

const streamWords = perLocale(
  (): Omit<StreamWords, "list"> => ({
    older: g("older"),
    loading: g("loading"),
    loaded: g("loaded"),
    end: g("end"),
    loadFailed: g("loadFailed"),
    tryAgain: g("tryAgain"),
    unavailable: g("unavailable"),
    public: g("markPublic"),
    unlisted: g("markUnlisted"),
    animated: g("markAnimated"),
    choose: g("choose"),
  }),
);

/** So many rows of a page are read at once. */
export const picturesAtOnce = 60;
const eagerUsual = 6;
const fewMax = 4;

/** The pictures of a list with a page of its own. */
export function Pictures({
  list,
  path,
  name,
  page,
  version,
  isStart,
}: {
  /** As `openList` knows it. */
  list: string;
  path: string;
  /** What the list is called, for screen readers. */
  name: string;
  page: GalleryPage;
  /** Another order, or another page of the list, starts anew. */
  version: string;
  isStart: boolean;
}) {
  return (
    <Stream
      key={version}
      list={list}
      path={path}
      sheet={sheetOf(page.media)}
      next={page.next}
      ahead={[]}
      eager={eagerUsual}
      few={page.media.length <= fewMax && page.next === undefined && isStart}
      words={{ ...streamWords(), list: name }}
    />
  );
}
