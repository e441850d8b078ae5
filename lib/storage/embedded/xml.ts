/** The small part of XML that S3 speaks. */
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { S3Error } from "./s3-error.ts";

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Control characters go out as numeric references: raw they would end the document for every parser. */
export const escaped = (text: string): string =>
  text.replace(
    /[&<>"\p{Cc}\ufffe\uffff]/gu,
    (char) => entities[char] ?? `&#x${char.charCodeAt(0).toString(16)};`,
  );

/** A tree of elements: a list repeats its element, `undefined` leaves it out. */
export type XmlValue = string | number | boolean | { [name: string]: XmlNode };
export type XmlNode = XmlValue | XmlValue[] | undefined;

function element(name: string, node: XmlNode): string {
  if (node === undefined) return "";
  if (Array.isArray(node)) return node.map((one) => element(name, one)).join("");
  const inner =
    typeof node === "object"
      ? Object.entries(node)
          .map(([child, value]) => element(child, value))
          .join("")
      : escaped(String(node));
  return `<${name}>${inner}</${name}>`;
}

/** A document with S3's namespace on its root. */
export function document(root: string, node: Exclude<XmlNode, undefined>, namespace = true): string {
  const text = element(root, node);
  const opened = namespace
    ? text.replace(`<${root}>`, `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`)
    : text;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${opened}`;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  processEntities: true,
  // Numeric references as well: clients write quotes and line breaks so.
  htmlEntities: true,
});

/** One element as read: its children by name. */
export type XmlElement = Record<string, unknown>;

const isElement = (value: unknown): value is XmlElement =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The root element of a document. Refuses with MalformedXML; a DOCTYPE is never read, so there are no entities to expand. */
export function parseXml(text: string, root: string): XmlElement {
  const malformed = new S3Error("MalformedXML", "The XML you provided was not well-formed.");
  if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) throw malformed;
  const parsed: unknown = parser.parse(text);
  if (!isElement(parsed) || !(root in parsed)) throw malformed;
  const found = parsed[root];
  if (typeof found === "string" && found.trim() === "") return {};
  if (!isElement(found)) throw malformed;
  return found;
}

const many = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** The elements of this name, none when there is none. */
export const childrenOf = (parent: XmlElement, name: string): XmlElement[] =>
  many(parent[name]).filter(isElement);

/** The texts of the elements of this name. */
export const textsOf = (parent: XmlElement, name: string): string[] =>
  many(parent[name]).filter((value) => typeof value === "string");

export const textOf = (parent: XmlElement, name: string): string | undefined => textsOf(parent, name)[0];
