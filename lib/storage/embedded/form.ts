/** Reads multipart/form-data in the order it is sent: small fields first, then one file that streams (RFC 7578). */
import { ByteReader, type Chunks } from "./byte-reader.ts";
import { utf8Text } from "./encoding.ts";
import { S3Error } from "./s3-error.ts";

const headersEnd = Buffer.from("\r\n\r\n");
const partHeaderBytesMax = 4096;
/** S3's limit for everything in front of the file. */
const fieldBytesMax = 20 * 1024;

const malformed = (message: string): S3Error => new S3Error("MalformedPOSTRequest", message);
const tooMuch = (): S3Error =>
  new S3Error(
    "MaxPostPreDataLengthExceededError",
    "Your POST request fields preceding the upload file were too large.",
  );

export type FormFile = {
  /** As sent, "" when the client gave none. */
  filename: string;
  /** Throws MalformedPOSTRequest at its end when the closing boundary does not come. */
  chunks: Chunks;
};

/** Fields have lower-case names. */
export type Form = { fields: Map<string, string>; file: FormFile };

function boundaryOf(contentType: string): string {
  const m = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(
    contentType,
  );
  const boundary = m?.[1] ?? m?.[2];
  if (boundary === undefined) throw malformed("The content type has no usable boundary.");
  return boundary;
}

const unquoted = (text: string): string => text.replace(/%22/g, '"').replace(/\\(["\\])/g, "$1");

function partNames(head: string): { name: string; filename: string | undefined } {
  const line = head.split("\r\n").find((one) => /^content-disposition\s*:/i.test(one));
  const parameter = (name: string): string | undefined => {
    const m = new RegExp(`[;\\s]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, "i").exec(line ?? "");
    return m === null ? undefined : unquoted(m[1] ?? m[2] ?? "");
  };
  const name = parameter("name");
  if (line === undefined || !/:\s*form-data\b/i.test(line) || name === undefined)
    throw malformed("A part of the form has no name.");
  return { name, filename: parameter("filename") };
}

/** The file, then whatever follows it up to the closing boundary: ignored, but it must come to its end. */
async function* fileChunks(reader: ByteReader, delimiter: Buffer): AsyncGenerator<Buffer, void, void> {
  const cutOff = (): S3Error =>
    malformed("The body of your POST request is not well-formed multipart/form-data.");
  if (!(yield* reader.pieces(delimiter))) throw cutOff();
  let bytes = 0;
  for (;;) {
    const next = await reader.exactly(2);
    if (next === undefined) throw cutOff();
    if (next.equals(Buffer.from("--"))) break;
    const ignored = await reader.until(delimiter, fieldBytesMax);
    bytes += ignored?.length ?? 0;
    if (ignored === undefined || bytes > fieldBytesMax) throw cutOff();
  }
}

/** Reads up to the file. Refuses with MalformedPOSTRequest, or when the fields are over 20 KB. */
export async function readForm(contentType: string, source: Chunks): Promise<Form> {
  const boundary = boundaryOf(contentType);
  const reader = new ByteReader(source);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const fields = new Map<string, string>();
  let bytes = 0;

  if ((await reader.until(Buffer.from(`--${boundary}`), fieldBytesMax)) === undefined)
    throw malformed("The form does not begin with its boundary.");
  for (;;) {
    const after = await reader.exactly(2);
    if (after?.equals(Buffer.from("--")) === true)
      throw new S3Error("InvalidArgument", "POST requires exactly one file upload per request.");
    if (after?.equals(Buffer.from("\r\n")) !== true) throw malformed("A boundary of the form is broken.");
    const head = await reader.until(headersEnd, partHeaderBytesMax);
    if (head === undefined) throw malformed("A part of the form has no end to its headers.");
    const { name, filename } = partNames(utf8Text(head));
    const field = name.toLowerCase();
    if (field === "file")
      return { fields, file: { filename: filename ?? "", chunks: fileChunks(reader, delimiter) } };
    const value = await reader.until(delimiter, fieldBytesMax);
    if (value === undefined) throw tooMuch();
    bytes += head.length + value.length;
    if (bytes > fieldBytesMax) throw tooMuch();
    if (fields.has(field)) throw new S3Error("InvalidArgument", `The field ${name} is given more than once.`);
    fields.set(field, utf8Text(value));
  }
}
