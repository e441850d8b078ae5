/**
 * A process of its own, started by decoders.ts, in which libvips reads what strangers sent: one picture at a time. It knows
 * no secret, no store and no database; what goes wrong in it goes wrong for one picture. It ends with its worker.
 */
import { mediaTypes } from "#lib/media.ts";
import { lockDown } from "./codec.ts";
import { type Question, questionShape } from "./decoder-shapes.ts";
import { type Derivation, derive, deriveStill, fullJpeg } from "./derive.ts";
import { identify } from "./identify.ts";
import { Rejection } from "./rejection.ts";
import { avifPoster } from "./video/avif-poster.ts";
import { messages, packed } from "./wire.ts";
import { outliveSignals } from "./within.ts";

const [bytesMax = "0"] = process.argv.slice(2);

function send(head: unknown, parts: readonly Uint8Array[] = []): void {
  for (const piece of packed(head, parts)) process.stdout.write(piece);
}

type Answered = { answer: unknown; parts: Uint8Array[] };

function derived({ renditions, motion, thumbhash, color }: Derivation): Answered {
  const { body, ...rest } = motion ?? { body: undefined };
  return {
    answer: {
      renditions: renditions.map(({ width, height, format }) => ({ width, height, format })),
      motion: body === undefined ? undefined : rest,
      color,
    },
    parts: [thumbhash, ...renditions.map((one) => one.body), ...(body === undefined ? [] : [body])],
  };
}

async function answer(question: Question, given: Buffer): Promise<Answered> {
  switch (question.ask) {
    case "identify": {
      const declared = mediaTypes.find((type) => type === question.declared) ?? "";
      return { answer: await identify(given, declared), parts: [] };
    }
    case "derive":
      return derived(await derive(given, question.identity));
    case "fullJpeg":
      return { answer: {}, parts: [await fullJpeg(given, question.identity)] };
    case "avifPoster": {
      const poster = await avifPoster(given, question);
      if (poster === undefined) return { answer: undefined, parts: [] };
      const { data, ...shape } = poster;
      return { answer: shape, parts: [data] };
    }
    case "deriveStill": {
      const { poster, ...video } = question;
      return derived(await deriveStill(video, poster === undefined ? undefined : { ...poster, data: given }));
    }
  }
}

// Node may wait for its own threads for ever when it takes itself apart, and nobody is left to see that.
const end = (): boolean => process.kill(process.pid, "SIGKILL");

// A worker that was killed closes the pipes, which is not seen in the middle of a picture.
const worker = process.ppid;
setInterval(() => {
  if (process.ppid !== worker) end();
}, 500).unref();
outliveSignals();
process.stdout.on("error", end);
await lockDown();
send({ answer: "ready" });
for await (const { head, parts } of messages(process.stdin, Number(bytesMax)))
  try {
    const { answer: found, parts: bodies } = await answer(
      questionShape.parse(head),
      parts[0] ?? Buffer.alloc(0),
    );
    send({ answer: found }, bodies);
  } catch (error) {
    if (error instanceof Rejection) send({ rejected: error.code, why: error.message });
    else
      send({
        fault:
          error instanceof Error
            ? `${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}`
            : String(error),
      });
  }
end();
