/** Somebody's browser, without a browser: signs in and speaks the upload's own protocol over HTTP. */
import { createHash } from "node:crypto";
import { ReadableStream } from "node:stream/web";
import type { Account } from "./place.ts";

const patienceMs = 12_000;

export type Answer = { status: number; body: unknown };
/** Nothing came back, or not all of it. */
export class NoAnswer extends Error {}

const attribute = (tag: string, name: string): string | undefined =>
  new RegExp(`\\b${name}="([^"]*)"`)
    .exec(tag)?.[1]
    ?.replaceAll("&quot;", '"')
    .replaceAll("&#x27;", "'")
    .replaceAll("&amp;", "&");

export class Client {
  readonly origin: string;
  #cookie = "";

  constructor(origin: string) {
    this.origin = origin;
  }

  /** By the form that works without a script. */
  async signIn({ email, password }: Account): Promise<void> {
    const page = await (await fetch(`${this.origin}/sign-in`)).text();
    const form = new FormData();
    for (const [tag] of page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = attribute(tag, "name");
      if (name !== undefined) form.append(name, attribute(tag, "value") ?? "");
    }
    form.set("email", email);
    form.set("password", password);
    const answer = await fetch(`${this.origin}/sign-in`, {
      method: "POST",
      body: form,
      headers: { origin: this.origin },
      redirect: "manual",
    });
    await answer.arrayBuffer();
    this.#cookie = answer.headers
      .getSetCookie()
      .map((one) => one.split(";")[0])
      .join("; ");
    if (this.#cookie === "") throw new Error(`${email} could not sign in: ${answer.status}`);
  }

  async #ask(method: string, route: string, body: unknown): Promise<Answer> {
    try {
      const response = await fetch(this.origin + route, {
        method,
        headers: {
          origin: this.origin,
          cookie: this.#cookie,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(patienceMs),
        redirect: "manual",
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      return { status: response.status, body: isJson ? JSON.parse(text) : text };
    } catch (cause) {
      throw new NoAnswer(`${method} ${route}`, { cause });
    }
  }

  get(route: string): Promise<Answer> {
    return this.#ask("GET", route, undefined);
  }

  post(route: string, body: unknown): Promise<Answer> {
    return this.#ask("POST", route, body);
  }

  delete(route: string): Promise<Answer> {
    return this.#ask("DELETE", route, undefined);
  }

  /** Sends a form to the bucket; the status, or NoAnswer. With `dieAfter` the browser is gone after so many bytes. */
  async sendForm(
    url: string,
    fields: Record<string, string>,
    bytes: Buffer,
    dieAfter?: number,
  ): Promise<number> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", new Blob([Uint8Array.from(bytes)]), "x.jpg");
    const whole = new Response(form);
    const type = whole.headers.get("content-type") ?? "";
    const body = Buffer.from(await whole.arrayBuffer());
    return this.#send("POST", url, { "content-type": type }, body, dieAfter);
  }

  put(url: string, headers: Record<string, string>, bytes: Buffer, dieAfter?: number): Promise<number> {
    return this.#send("PUT", url, headers, bytes, dieAfter);
  }

  async #send(
    method: string,
    url: string,
    headers: Record<string, string>,
    body: Buffer,
    dieAfter: number | undefined,
  ): Promise<number> {
    const dead = new AbortController();
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      const limit = Math.min(body.length, dieAfter ?? body.length);
      for (let at = 0; at < limit; at += 16_384) yield body.subarray(at, Math.min(at + 16_384, limit));
      if (dieAfter !== undefined && dieAfter < body.length) dead.abort();
    };
    try {
      const response = await fetch(url, {
        method,
        headers: { ...headers, origin: this.origin },
        body: dieAfter === undefined ? Uint8Array.from(body) : ReadableStream.from(pieces()),
        ...(dieAfter === undefined ? {} : { duplex: "half" }),
        signal: AbortSignal.any([dead.signal, AbortSignal.timeout(patienceMs)]),
      } as RequestInit);
      await response.arrayBuffer();
      return response.status;
    } catch (cause) {
      throw new NoAnswer(`${method} to the bucket`, { cause });
    }
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
