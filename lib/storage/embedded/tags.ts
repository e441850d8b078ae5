/** Tags of objects: S3's limits and the two spellings, a header and a document. */
import { uriDecode, uriEncode } from "./encoding.ts";
import { S3Error } from "./s3-error.ts";
import { childrenOf, document, parseXml, textOf } from "./xml.ts";

const tagsMax = 10;
const keyCharactersMax = 128;
const valueCharactersMax = 256;

type Tag = { key: string; value: string };

/** The form in which tags are kept: a query, each key once. Refuses with InvalidTag. */
function checkedTags(tags: Tag[]): string {
  if (tags.length > tagsMax) throw new S3Error("InvalidTag", `Object tags cannot be greater than ${tagsMax}`);
  for (const { key, value } of tags) {
    if (key === "" || [...key].length > keyCharactersMax)
      throw new S3Error("InvalidTag", "The TagKey you have provided is invalid");
    if ([...value].length > valueCharactersMax)
      throw new S3Error("InvalidTag", "The TagValue you have provided is invalid");
  }
  if (new Set(tags.map((tag) => tag.key)).size < tags.length)
    throw new S3Error("InvalidTag", "Cannot provide multiple Tags with the same key");
  return tags.map(({ key, value }) => `${uriEncode(key)}=${uriEncode(value)}`).join("&");
}

function parseTags(text: string): Tag[] {
  return text
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const [key = "", ...value] = part.replaceAll("+", " ").split("=");
      return { key: uriDecode(key), value: uriDecode(value.join("=")) };
    });
}

/** Reads x-amz-tagging, `a=1&b=2`. */
export const tagsOfHeader = (text: string | undefined): string => checkedTags(parseTags(text ?? ""));

/** Reads a Tagging document. */
export function tagsOfDocument(xml: string): string {
  const [set] = childrenOf(parseXml(xml, "Tagging"), "TagSet");
  const tags = set === undefined ? [] : childrenOf(set, "Tag");
  return checkedTags(
    tags.map((tag) => ({ key: textOf(tag, "Key") ?? "", value: textOf(tag, "Value") ?? "" })),
  );
}

/** How many tags there are, for x-amz-tagging-count. */
export const tagCount = (tags: string): number => parseTags(tags).length;

export const tagsDocument = (tags: string): string =>
  document("Tagging", {
    TagSet: { Tag: parseTags(tags).map(({ key, value }) => ({ Key: key, Value: value })) },
  });
