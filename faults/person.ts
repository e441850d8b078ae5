/**
 * People who upload whatever happens to the site: they try again as the upload page does, give up as people do, and
 * keep what they were told. What they were told is what has to be true in the end.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { type Answer, type Client, NoAnswer, sha256 } from "./client.ts";
import type { Made } from "./links.ts";
import type { Flaw, Picture } from "./pictures.ts";
import type { Account } from "./place.ts";
import type { Random } from "./random.ts";

/** One picture of one person, as far as they know. */
export type Story = {
  owner: string;
  filename: string;
  bytes: Buffer;
  sha256: string;
  flaw: Flaw;
  /** Sent through a link of the owner's, who has not looked at it yet. */
  guest: boolean;
  /** The bucket has said that it has the bytes. */
  stored: boolean;
  /** The site has said that it took them. */
  accepted: boolean;
  /** The medium that the site has said this became. */
  mediaId?: string;
  rejected?: string;
  cancelAsked: boolean;
  /** The upload that the site has said is cancelled. */
  cancelled?: string;
  log: string[];
};

/** Told of several media at once: of these, at least so many are in the gallery, and so many are in the trash or gone. */
export type Tally = { ids: string[]; shown: number; away: number; said: string };

/** What somebody has asked of a medium, and whether they were told that it was done. */
export type Wish = {
  owner: string;
  mediaId: string;
  /** Of the files that were told to have become it: of a Live Photo there are two. */
  sha256: Set<string>;
  /** The last that was asked for; "told" when it was answered. */
  place: "gallery" | "trash";
  placeTold: boolean;
  /** Was told once that it came back, or that it went, by a site that then must keep to it. */
  visibility?: string;
  visibilityTold: boolean;
  /** Trash was ever asked for: it may be gone. */
  mayBeGone: boolean;
  /** What it was called last, and whether that was answered. */
  title?: string;
  titleTold: boolean;
  /** When the site first said that there is such a medium. */
  toldAt: number;
};

const permitShape = z.object({
  id: z.string(),
  transport: z.enum(["post", "put", "multipart"]),
  url: z.string().optional(),
  fields: z.record(z.string(), z.string()).optional(),
  headers: z.record(z.string(), z.string()).optional(),
});
type Permit = z.infer<typeof permitShape>;
const beginShape = z.object({
  uploads: z.array(
    z.looseObject({
      status: z.string(),
      id: z.string().optional(),
      state: z.string().optional(),
      mediaId: z.string().nullish(),
      rejectCode: z.string().nullish(),
      code: z.string().optional(),
    }),
  ),
});
const partsShape = z.object({
  count: z.number(),
  partBytes: z.number(),
  stored: z.array(z.number()),
  permits: z.array(
    z.object({
      number: z.number(),
      bytes: z.number(),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
    }),
  ),
});
const changeShape = z.object({ id: z.string().optional(), changed: z.number(), same: z.number() });
const undoShape = z.object({ restored: z.number() });

/** How long before it is asked again, and whether it is worth it. */
const isPassing = (status: number): boolean => status >= 500 || status === 429 || status === 408;
const triesWithOnePermit = 4;

export class Person {
  readonly account: Account;
  readonly client: Client;
  readonly stories: Story[] = [];
  readonly wishes = new Map<string, Wish>();
  readonly tallies: Tally[] = [];
  /** Of guests, and asked to be taken into the gallery. */
  readonly taken = new Set<string>();
  /** Of guests, and asked to be thrown away. */
  readonly refused = new Set<string>();
  /** Albums and links they made to remove them. */
  readonly made: Made[] = [];
  /** Of a guest: a link that is removed while they send through it. */
  removable: Made | undefined;
  /** What was wrong already when it was answered. */
  readonly wrong: string[] = [];
  /** How many of their uploads are under way. */
  busy = 0;
  /** What came of what they did to several at once, in a word: for who wants to know what was tried at all. */
  readonly outcomes: string[] = [];
  /** The link through which guests send to them. */
  inbox: string | undefined;
  readonly #uploads: string;
  #album: string | undefined;

  /** `through`: the token of a link; then it is a guest who sends to the account's owner. */
  constructor(account: Account, client: Client, through?: string) {
    this.account = account;
    this.client = client;
    this.#uploads = through === undefined ? "/api/uploads" : `/guest/${through}/uploads`;
  }

  get #isGuest(): boolean {
    return this.#uploads !== "/api/uploads";
  }

  /** One picture from choosing it to its end, or to where the person gives up. */
  async upload(picture: Picture, random: Random, until: number): Promise<void> {
    this.busy += 1;
    await this.#upload(picture, random, until).finally(() => {
      this.busy -= 1;
    });
  }

  async #upload(picture: Picture, random: Random, until: number): Promise<void> {
    const { bytes, flaw, mime } = picture;
    const story: Story = {
      owner: this.account.email,
      filename: `${flaw}-${random.int(0, 1e9)}.${mime.slice(6)}`,
      bytes,
      sha256: sha256(bytes),
      flaw,
      guest: this.#isGuest,
      stored: false,
      accepted: false,
      cancelAsked: false,
      log: [],
    };
    this.stories.push(story);
    const declared = {
      clientToken: randomUUID(),
      filename: story.filename,
      bytes: bytes.length + (flaw === "other-size" ? 1 : 0),
      mime,
      sha256: flaw === "other-digest" ? sha256(Buffer.from(story.filename)) : story.sha256,
    };
    await this.#tries(story, declared, random, until);
    // Who closed the page comes back with what it remembers; who cancelled finds that it was the wrong one.
    const hasEnded = story.mediaId !== undefined || story.rejected !== undefined;
    if (hasEnded || Date.now() > until || !random.chance(0.4)) return;
    await wait(random.int(0, 1_500));
    if (story.cancelAsked) this.outcomes.push("sent anew what was cancelled");
    if (story.cancelAsked) return this.upload(picture, random.fork(), until);
    story.log.push("comes back");
    this.outcomes.push("came back");
    await this.#tries(story, declared, random, until);
  }

  async #tries(story: Story, declared: object, random: Random, until: number): Promise<void> {
    try {
      await this.#follow(story, declared, random, until);
    } catch (error) {
      story.log.push(`gave up: ${error instanceof Error ? error.message : error}`);
      if (!(error instanceof GivesUp)) throw error;
    }
  }

  /** Asks until there is an answer that will not change by itself. */
  async #insist(story: Story, what: string, until: number, ask: () => Promise<Answer>): Promise<Answer> {
    for (let pause = 150; ; pause = Math.min(pause * 2, 1_500)) {
      const answer = await ask().catch((error: unknown) => {
        if (error instanceof NoAnswer) return undefined;
        throw error;
      });
      story.log.push(`${what}: ${answer?.status ?? "no answer"}`);
      if (answer !== undefined && !isPassing(answer.status)) return answer;
      // As long as it was asked to, like the upload page.
      const told = Math.max(pause, (answer?.retryAfter ?? 0) * 1_000);
      if (Date.now() + told > until) throw new GivesUp(what);
      await wait(told);
    }
  }

  async #follow(story: Story, declared: object, random: Random, until: number): Promise<void> {
    const diesAt = random.chance(0.15) ? random.pick(["begun", "sending", "stored"] as const) : undefined;
    const begun = await this.#insist(story, "begin", until, () =>
      this.client.post(this.#uploads, { uploads: [declared] }),
    );
    if (begun.status !== 200) throw new GivesUp(`begin ${begun.status} ${JSON.stringify(begun.body)}`);
    const [answer] = beginShape.parse(begun.body).uploads;
    if (answer === undefined) throw new Error("No answer for the picture.");
    story.log.push(`begun: ${answer.status} ${answer.id ?? answer.mediaId ?? answer.code}`);
    if (answer.status === "duplicate" || answer.status === "refused") {
      if (answer.mediaId != null) this.#became(story, answer.mediaId);
      return;
    }
    const id = answer.id ?? "";
    if (diesAt === "begun") return;
    if (answer.status === "issued")
      await this.#send(story, permitShape.parse(answer), random, diesAt === "sending", until);
    if (diesAt !== undefined) return;
    const cancelling = random.chance(0.07);
    if (cancelling && random.chance(0.5)) return this.#cancel(story, id, until);
    await this.#complete(story, id, random, until);
    if (cancelling) {
      await wait(random.int(0, 800));
      return this.#cancel(story, id, until);
    }
    await this.#await(story, id, until);
  }

  /** As the upload page: some tries with one permit, then the site is asked what the bucket has, then a new permit. */
  async #send(story: Story, first: Permit, random: Random, dies: boolean, until: number): Promise<void> {
    let permit = first;
    const dieAfter = dies ? random.int(0, story.bytes.length) : undefined;
    for (let round = 0; ; round++) {
      for (let n = 0; n < triesWithOnePermit; n++) {
        const status = await this.#sendOnce(story, permit, dieAfter).catch((error: unknown) => {
          if (error instanceof NoAnswer) return 0;
          throw error;
        });
        story.log.push(`sent by ${permit.transport}: ${status}`);
        if (dies) return;
        if (status >= 200 && status < 300) {
          story.stored = true;
          return;
        }
        // A PUT with a condition: an earlier try of ours has arrived after all.
        if (status === 412 || status === 403) break;
        if (status === 400 && story.flaw === "other-size") throw new GivesUp("the bucket refuses the size");
        if (Date.now() > until) throw new GivesUp("sending");
        await wait(random.int(50, 200) * 2 ** n);
      }
      const probe = await this.#insist(story, "probe", until, () =>
        this.client.get(`${this.#uploads}/${permit.id}?probe=1`),
      );
      const { state, stored } = z
        .looseObject({ state: z.string().optional(), stored: z.boolean().optional() })
        .parse(probe.body);
      story.log.push(`probed: ${state} ${stored}`);
      if (state !== "issued" || stored === true) return;
      if (round >= 3) throw new GivesUp("the bucket does not take it");
      const renewed = await this.#insist(story, "renew", until, () =>
        this.client.post(`${this.#uploads}/${permit.id}/renew`, {}),
      );
      if (renewed.status !== 200) return;
      permit = permitShape.parse(renewed.body);
    }
  }

  async #sendOnce(story: Story, permit: Permit, dieAfter: number | undefined): Promise<number> {
    const { url = "", fields = {}, headers = {}, transport } = permit;
    if (transport === "post") return this.client.sendForm(url, fields, story.bytes, dieAfter);
    if (transport === "put") return this.client.put(url, headers, story.bytes, dieAfter);
    const asked = await this.client.post(`${this.#uploads}/${permit.id}/parts`, {});
    if (asked.status !== 200) return asked.status;
    const { count, partBytes, stored, permits } = partsShape.parse(asked.body);
    let arrived = stored.length;
    for (const part of permits) {
      const from = (part.number - 1) * partBytes;
      const bytes = story.bytes.subarray(from, from + part.bytes);
      const status = await this.client.put(part.url, part.headers, bytes, dieAfter);
      if (status >= 300) return status;
      arrived += 1;
    }
    return arrived === count ? 200 : 0;
  }

  async #complete(story: Story, id: string, random: Random, until: number): Promise<void> {
    const look = random.chance(0.5);
    const tabs = random.chance(0.3) ? 3 : 1;
    for (let n = 0; n < 5; n++) {
      const answers = await Promise.all(
        Array.from({ length: tabs }, () =>
          this.#insist(story, "complete", until, () =>
            this.client.post(`${this.#uploads}/complete`, { ids: [id], look }),
          ),
        ),
      );
      const states = answers.flatMap(({ status, body }) =>
        status === 200 ? beginShape.parse(body).uploads.map((one) => one.state ?? one.code) : [],
      );
      story.log.push(`completed: ${states.join()}`);
      if (states.some((state) => state === "verifying" || state === "ready")) {
        // Without a look the site has only heard it, and the worker will see.
        story.accepted ||= look || story.stored;
        return;
      }
      if (!states.some((state) => state === "storage_unavailable" || state === "object_missing")) return;
      await wait(random.int(200, 800));
    }
  }

  /** Waits for its end, and keeps what it was told. */
  async #await(story: Story, id: string, until: number): Promise<void> {
    for (;;) {
      const { status, body } = await this.#insist(story, "status", until, () =>
        this.client.post(`${this.#uploads}/status`, { ids: [id], wait: 2 }),
      );
      if (status !== 200) throw new GivesUp(`status ${status}`);
      const [now] = beginShape.parse(body).uploads;
      if (now?.state !== "verifying" && now?.state !== "issued") {
        story.log.push(`ended: ${now?.state ?? now?.code} ${now?.mediaId ?? ""} ${now?.rejectCode ?? ""}`);
        if (now?.mediaId != null) this.#became(story, now.mediaId);
        if (now?.state === "rejected") story.rejected = now.rejectCode ?? "";
        return;
      }
      if (Date.now() > until) throw new GivesUp("waiting");
      await wait(300);
    }
  }

  async #cancel(story: Story, id: string, until: number): Promise<void> {
    story.cancelAsked = true;
    const { status, body } = await this.#insist(story, "cancel", until, () =>
      this.client.delete(`${this.#uploads}/${id}`),
    );
    if (status === 200 && z.looseObject({ state: z.string() }).parse(body).state === "cancelled")
      story.cancelled = id;
  }

  #became(story: Story, mediaId: string): void {
    story.mediaId = mediaId;
    const known = this.wishes.get(mediaId);
    if (known !== undefined) known.sha256.add(story.sha256);
    else
      this.wishes.set(mediaId, {
        owner: story.owner,
        mediaId,
        sha256: new Set([story.sha256]),
        place: "gallery",
        placeTold: true,
        visibilityTold: true,
        mayBeGone: false,
        titleTold: true,
        toldAt: Date.now(),
      });
  }

  /** Shows a picture, hides it, throws it away, takes it back. */
  async change(random: Random): Promise<void> {
    // Two questions at once, or one that was never answered, may be carried out in any order: nobody could say what must be.
    const chosen = [...this.wishes.values()].filter(
      (wish) => wish.place === "gallery" && wish.placeTold && wish.visibilityTold,
    );
    if (chosen.length === 0) return;
    const wish = random.pick(chosen);
    if (random.chance(0.4)) {
      const visibility = random.pick(["private", "unlisted", "public"]);
      wish.visibility = visibility;
      wish.visibilityTold = false;
      const told = await this.#ask("/api/changes", change(wish.mediaId, { kind: "visibility", visibility }));
      wish.visibilityTold = told?.status === 200;
      return;
    }
    wish.place = "trash";
    wish.placeTold = false;
    wish.mayBeGone = true;
    const told = await this.#ask("/api/changes", change(wish.mediaId, { kind: "trash" }));
    if (told?.status !== 200) return;
    const { id, changed } = changeShape.parse(told.body);
    wish.placeTold = changed === 1;
    if (id === undefined || random.chance(0.4)) return;
    await wait(random.int(0, 2_500));
    wish.placeTold = false;
    const undone = await this.#ask(`/api/changes/${id}/undo`, {});
    if (undone?.status === 200) {
      wish.placeTold = true;
      // Restored, or too late: either way that is what it has to stay.
      wish.place = undoShape.parse(undone.body).restored === 1 ? "gallery" : "trash";
      wish.mayBeGone = wish.place === "trash";
    }
  }

  /** Changes several of their pictures at once: what they are called, their tags, the album they are in. */
  async edit(random: Random): Promise<void> {
    const chosen = [...this.wishes.values()].filter(
      (wish) => wish.place === "gallery" && wish.placeTold && wish.titleTold,
    );
    const some = chosen.slice(-random.int(1, 6));
    const kind = random.pick(["texts", "texts", "tags", "album", "rating", "date"] as const);
    const number = random.int(1, 1e9);
    if (some.length === 0) return;
    if (kind !== "texts") return this.#arrange(some, kind, number);
    const title = `Title ${number}`;
    for (const wish of some) Object.assign(wish, { title, titleTold: false });
    const ids = some.map(({ mediaId }) => mediaId);
    const told = await this.#ask("/api/changes", {
      selection: { ids },
      change: { kind: "texts", title },
    });
    if (told?.status !== 200) return;
    const { changed, same } = changeShape.parse(told.body);
    // Some went to the trash meanwhile: nobody can say which of them were changed before.
    if (changed + same === ids.length) for (const wish of some) wish.titleTold = true;
  }

  async #arrange(some: Wish[], kind: "tags" | "album" | "rating" | "date", number: number): Promise<void> {
    const selection = { ids: some.map(({ mediaId }) => mediaId) };
    if (kind === "album" && this.#album === undefined) {
      const made = await this.#ask("/api/albums", { title: `Album of ${this.account.name}` });
      this.#album = made?.status === 201 ? z.object({ id: z.string() }).parse(made.body).id : undefined;
      if (this.#album === undefined) return;
    }
    const what = {
      tags: { kind, add: [`tag ${number % 3}`] },
      album: { kind, add: this.#album },
      rating: { kind, rating: number % 6 },
      date: { kind, shiftSeconds: (number % 100) * 86_400 },
    }[kind];
    await this.#ask("/api/changes", { selection, change: what });
  }

  async #ask(route: string, body: unknown): Promise<{ status: number; body: unknown } | undefined> {
    return this.client.post(route, body).catch((error: unknown) => {
      if (error instanceof NoAnswer) return undefined;
      throw error;
    });
  }
}

const change = (mediaId: string, what: object): object => ({ selection: { ids: [mediaId] }, change: what });

class GivesUp extends Error {}
