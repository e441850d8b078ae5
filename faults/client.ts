/** Somebody's browser, without a browser: signs in and speaks the upload's own protocol over HTTP. */
import { createHash } from "node:crypto";
import { ReadableStream } from "node:stream/web";
import { setTimeout as wait } from "node:timers/promises";
import type { Account } from "./place.ts";

const patienceMs = 12_000;

/** `retryAfter` in seconds, where the site asked to come back later. */
export type Answer = { status: number; body: unknown; retryAfter?: number };
/** One answer, for who counts them. `to` is the site's route, or "bucket". */
export type Heard = { to: string; status: number; retryAfter: string | null; ms: number };
export type Field = [name: string, value: string];
/** A page that was answered to a form, without its scripts, and where it leads. */
export type Filled = { status: number; page: string; location: string };
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
  #patienceMs: number;
  #hear: (heard: Heard) => void;
  #address: string | undefined;

  /** `address`: where it comes from, for a site that trusts this machine as its proxy. */
  constructor(
    origin: string,
    how: { patienceMs?: number; hear?: (heard: Heard) => void; address?: string } = {},
  ) {
    this.origin = origin;
    this.#address = how.address;
    this.#patienceMs = how.patienceMs ?? patienceMs;
    this.#hear = how.hear ?? (() => {});
  }

  /** Goes on as who has this cookie. */
  become(cookie: string): void {
    this.#cookie = cookie;
  }

  #note(to: string, response: Response, began: number): void {
    const retryAfter = response.headers.get("retry-after");
    this.#hear({ to, status: response.status, retryAfter, ms: performance.now() - began });
  }

  /** By the form that works without a script. */
  async signIn({ email, password }: Account): Promise<void> {
    await this.#sendPageForm("/sign-in", { email, password });
  }

  /** Through the door of a guest link. */
  async enterAsGuest(token: string, name: string): Promise<void> {
    await this.#sendPageForm(`/guest/${token}`, { name });
  }

  async #sendPageForm(route: string, typed: Record<string, string>): Promise<void> {
    const page = await (await fetch(this.origin + route)).text();
    const form = new FormData();
    for (const [tag] of page.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
      const name = attribute(tag, "name");
      if (name !== undefined) form.append(name, attribute(tag, "value") ?? "");
    }
    for (const [name, value] of Object.entries(typed)) form.set(name, value);
    const answer = await fetch(this.origin + route, {
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
    if (this.#cookie === "") throw new Error(`${route} let nobody in: ${answer.status}`);
  }

  /**
   * Sends one form of a page, as a browser without script does: the one with `marker` in it. `fill` is given its fields,
   * and says what of them is sent and with which button, when it likes; nothing is sent when it says nothing. Answers
   * undefined when nothing was asked. Throws NoAnswer when nobody can say whether it was carried out.
   */
  async fillForm(
    route: string,
    marker: string,
    fill: (fields: Field[]) => Promise<Field[] | undefined> | Field[] | undefined,
  ): Promise<Filled | undefined> {
    const shown = await this.#ask("GET", route, undefined).catch((error: unknown) => {
      if (error instanceof NoAnswer) return undefined;
      throw error;
    });
    const forms = String(shown?.body ?? "").match(/<form[\s\S]*?<\/form>/g) ?? [];
    const form = forms.find((one) => one.includes(marker));
    if (form === undefined) return undefined;
    const fields = [...form.matchAll(/<input[^>]*>/g)].flatMap(([tag]): Field[] => {
      const name = attribute(tag, "name");
      return name === undefined ? [] : [[name, attribute(tag, "value") ?? ""]];
    });
    const filled = await fill(fields);
    if (filled === undefined) return undefined;
    const body = new FormData();
    for (const [name, value] of filled) body.append(name, value);
    try {
      const answer = await fetch(this.origin + route, {
        method: "POST",
        body,
        headers: { origin: this.origin, cookie: this.#cookie },
        redirect: "manual",
        signal: AbortSignal.timeout(this.#patienceMs),
      });
      const page = (await answer.text()).replace(/<script[\s\S]*?<\/script>/g, "");
      return { status: answer.status, page, location: answer.headers.get("location") ?? "" };
    } catch (cause) {
      throw new NoAnswer(`POST ${route}`, { cause });
    }
  }

  async #ask(
    method: string,
    route: string,
    body: unknown,
    waitMs: number = this.#patienceMs,
  ): Promise<Answer> {
    const began = performance.now();
    try {
      const response = await fetch(this.origin + route, {
        method,
        headers: {
          origin: this.origin,
          cookie: this.#cookie,
          ...(this.#address === undefined ? {} : { "x-forwarded-for": this.#address }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(waitMs),
        redirect: "manual",
      });
      const text = await response.text();
      this.#note(route, response, began);
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      const after = Number.parseInt(response.headers.get("retry-after") ?? "", 10);
      return {
        status: response.status,
        body: isJson ? JSON.parse(text) : text,
        ...(Number.isNaN(after) ? {} : { retryAfter: after }),
      };
    } catch (cause) {
      throw new NoAnswer(`${method} ${route}`, { cause });
    }
  }

  get(route: string): Promise<Answer> {
    return this.#ask("GET", route, undefined);
  }

  /** For who judges: a crowded machine that is slow, or asks to come back, has done nothing wrong. */
  async getPatiently(route: string): Promise<Answer> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#ask("GET", route, undefined, 180_000);
      if (answer.status !== 503 || answer.retryAfter === undefined || tries === 3) return answer;
      console.log(`${route} was answered with 503 when all was well, and asked again.`);
      await wait(answer.retryAfter * 1_000);
    }
  }

  post(route: string, body: unknown): Promise<Answer> {
    return this.#ask("POST", route, body);
  }

  delete(route: string): Promise<Answer> {
    return this.#ask("DELETE", route, undefined);
  }

  /** What an address of a picture gives: its status. */
  async fetchObject(url: string): Promise<number> {
    const began = performance.now();
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(this.#patienceMs) });
      await response.arrayBuffer();
      this.#note("picture", response, began);
      return response.status;
    } catch (cause) {
      throw new NoAnswer("GET from the bucket", { cause });
    }
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
    const began = performance.now();
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
        signal: AbortSignal.any([dead.signal, AbortSignal.timeout(this.#patienceMs)]),
      } as RequestInit);
      await response.arrayBuffer();
      this.#note("bucket", response, began);
      return response.status;
    } catch (cause) {
      throw new NoAnswer(`${method} to the bucket`, { cause });
    }
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
