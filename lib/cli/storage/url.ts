/** `tintype storage url`: an address for people, signed by S3's rules or by the CDN's. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { create as contentDisposition } from "content-disposition";
import { encodePath } from "#lib/delivery/sigv4.ts";
import { Refusal } from "#lib/start/refusal.ts";
import { note, say, sayJson } from "../output.ts";
import { at, type Place } from "./group.ts";
import { keyOf, nameOf } from "./keys.ts";

const daySeconds = 86_400;
const secondsMax = 7 * daySeconds;
const secondsOf: Record<string, number> = { s: 1, m: 60, h: 3600, d: daySeconds };

type Options = {
  expires?: number;
  download?: string | true;
  presigned?: true;
  cdn?: true;
  method: "GET" | "HEAD";
};

export function registerUrl(storage: Command): void {
  storage
    .command("url")
    .argument("<key>")
    .description("an address that opens the object: as MEDIA_URL_MODE says, or as asked for here")
    .option(
      "--expires <time>",
      "how long it opens it, such as 90s, 15m, 12h or 7d; an hour when not given",
      life,
    )
    .option("--download [name]", "the browser saves it, under this name or its own")
    .option("--presigned", "at the bucket, signed by S3's rules")
    .option("--cdn", "at MEDIA_PUBLIC_BASE_URL, signed for CloudFront when that is set up")
    .addOption(
      new Option("--method <method>", "what it may be used for").choices(["GET", "HEAD"]).default("GET"),
    )
    .addHelpText(
      "after",
      `
Examples:
  $ tintype storage url media/picture.jpg --expires 15m
  $ tintype storage url backup/2026.tar --download --expires 7d
  $ curl -fsS "$(tintype storage url media/picture.jpg)" -o picture.jpg`,
    )
    .action((key: string, options: Options, command: Command) =>
      at(command, (place) => url(place, keyOf(key), options)),
    );
}

function life(text: string): number {
  const [, amount, unit = "s"] = /^(\d+)([smhd])?$/.exec(text) ?? [];
  const seconds = Number(amount) * (secondsOf[unit] ?? 1);
  if (amount === undefined || seconds < 1 || seconds > secondsMax)
    throw new InvalidArgumentError("Say a time of up to 7 days, such as 90s, 15m, 12h or 7d.");
  return seconds;
}

async function url(place: Place, key: string, options: Options): Promise<void> {
  if (options.presigned === true && options.cdn === true)
    throw new Refusal("--presigned and --cdn are two different addresses: say one of them.");
  const { delivery } = place.settings;
  const atCdn = options.cdn === true || (options.presigned !== true && delivery.mode !== "s3-presigned");
  const made = await (atCdn ? cdnUrl : presignedUrl)(place, key, options);
  if (place.json) sayJson({ key, url: made.url, expires: made.expires?.toISOString() ?? null });
  else say(made.url);
}

type Made = { url: string; expires: Date | undefined };

async function presignedUrl(place: Place, key: string, options: Options): Promise<Made> {
  const storage = await place.storage();
  const expiresIn = options.expires ?? 3600;
  const download = downloadName(key, options);
  const made = await storage.url(key, {
    expiresIn,
    method: options.method,
    ...(download === undefined ? {} : { download }),
  });
  const seconds = Number(new URL(made).searchParams.get("X-Amz-Expires") ?? expiresIn);
  // R-64: what temporary credentials signed ends with them.
  if (seconds < expiresIn)
    note(`The credentials are temporary and end sooner: this address opens for ${seconds} s.`);
  return { url: made, expires: new Date(Date.now() + seconds * 1000) };
}

async function cdnUrl(place: Place, key: string, options: Options): Promise<Made> {
  const { delivery, bucket } = place.settings;
  if (delivery.publicBase === undefined)
    throw new Refusal("There is no CDN address: set MEDIA_PUBLIC_BASE_URL, or say --presigned.");
  const download = downloadName(key, options);
  const query =
    download === undefined
      ? ""
      : `?response-content-disposition=${encodeURIComponent(contentDisposition(download))}`;
  const plain = `${delivery.publicBase}/${encodePath(`${bucket.location}${key}`)}${query}`;
  if (delivery.cloudfront === undefined) {
    if (options.expires !== undefined)
      throw new Refusal(
        "An address at MEDIA_PUBLIC_BASE_URL opens for ever; say --presigned for one that ends.",
      );
    return { url: plain, expires: undefined };
  }
  const expires = new Date(Date.now() + (options.expires ?? 3600) * 1000);
  const { keyPairId, privateKey } = delivery.cloudfront;
  const { getSignedUrl } = await import("@aws-sdk/cloudfront-signer");
  const signed = getSignedUrl({
    url: plain,
    keyPairId,
    privateKey,
    dateLessThan: expires.toISOString(),
    algorithm: "SHA256",
  });
  return { url: signed, expires };
}

const downloadName = (key: string, { download }: Options): string | undefined =>
  download === true ? nameOf(key) : download;
