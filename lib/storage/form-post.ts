/** Sends a browser's form by hand, so that tests can also send what no browser would. */
import { type IncomingHttpHeaders, request } from "node:http";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

export type FormPost = {
  url: string;
  fields: Record<string, string> | [string, string][];
  /** `undefined` leaves the file part away. */
  file?: Uint8Array;
  /** What the part itself says; the store must not believe it. */
  fileType?: string;
  filename?: string;
  fieldsAfterFile?: [string, string][];
  origin?: string;
  /** Headers that no form sends by itself. */
  headers?: Record<string, string>;
  /** Leaves the last boundary away. */
  unclosed?: boolean;
  /** Cuts the connection after this many bytes of the form. */
  cutAfter?: number;
};

const boundary = "----tintype-form-boundary";

function formBytes(post: FormPost): Buffer {
  const part = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const pairs = Array.isArray(post.fields) ? post.fields : Object.entries(post.fields);
  const pieces = [Buffer.from(pairs.map(([name, value]) => part(name, value)).join(""))];
  if (post.file !== undefined) {
    const filename = post.filename ?? "picture.jpg";
    pieces.push(
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n` +
          `Content-Type: ${post.fileType ?? "image/jpeg"}\r\n\r\n`,
      ),
      Buffer.from(post.file),
      Buffer.from("\r\n"),
      Buffer.from((post.fieldsAfterFile ?? []).map(([name, value]) => part(name, value)).join("")),
    );
  }
  if (post.unclosed !== true) pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return Buffer.concat(pieces);
}

/** A form on its way: `send` passes on that many bytes of it, or all that is left. */
export type OpenPost = { send(bytes?: number): void; answer: Promise<Answer> };

/** Opens the request and leaves it to the caller when to send what. `answer` rejects when the connection is cut. */
export function openPost(post: FormPost): OpenPost {
  const body = formBytes(post);
  const sent = request(post.url, {
    method: "POST",
    headers: {
      "content-type": `multipart/form-data; boundary=${boundary}`,
      "content-length": body.length,
      ...(post.origin === undefined ? {} : { origin: post.origin }),
      ...post.headers,
    },
  });
  const answer = new Promise<Answer>((resolve, reject) => {
    sent.on("error", reject);
    sent.on("response", (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces).toString("utf8"),
        }),
      );
    });
  });
  let at = 0;
  const send = (bytes?: number): void => {
    if (bytes === undefined) {
      sent.end(body.subarray(at));
      return;
    }
    sent.write(body.subarray(at, at + bytes), () => {
      if (post.cutAfter !== undefined) sent.destroy();
    });
    at += bytes;
  };
  return { send, answer };
}

/** Posts a form. Rejects with what the socket says when the connection is cut. */
export function postForm(post: FormPost): Promise<Answer> {
  const { send, answer } = openPost(post);
  send(post.cutAfter);
  return answer;
}

/** The code of S3's error document. */
export const codeOf = (answer: { body: string }): string | undefined =>
  /<Code>([^<]*)<\/Code>/.exec(answer.body)?.[1];
