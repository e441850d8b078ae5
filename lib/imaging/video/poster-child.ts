/**
 * A process of its own that decodes one picture of a video. FFmpeg, compiled to WebAssembly and run as the program it is,
 * gets nothing but that one picture in a container made here: never the file that somebody sent.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  ALL_FORMATS,
  BufferTarget,
  CustomSource,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MkvOutputFormat,
  Output,
} from "mediabunny";
import { leave, startLimits } from "../within.ts";
import { asAvif } from "./av1.ts";
import { openRemote } from "./remote.ts";
import { type Transfer, toneMapped } from "./tone.ts";

const [seconds = "60", bytes = "0", width = "0", height = "0", at = "0"] = process.argv.slice(2);
startLimits(Number(seconds), 768);

/** One picture of the video: in a container of its own for FFmpeg, or as an AVIF, which FFmpeg here does not decode. */
type Found = { avif: Uint8Array } | { mkv: Uint8Array; transfer: Transfer | undefined };

async function keyPicture(): Promise<Found> {
  const remote = openRemote(Number(bytes));
  const source = new CustomSource({
    getSize: () => remote.bytes,
    read: async (start, end) => new Uint8Array(await remote.read(start, end)),
  });
  const track = await new Input({ source, formats: ALL_FORMATS }).getPrimaryVideoTrack();
  const codec = await track?.getCodec();
  const decoderConfig = await track?.getDecoderConfig();
  if (track === null || !codec || !decoderConfig) throw new Error("no pictures");
  const sink = new EncodedPacketSink(track);
  const packet = (await sink.getKeyPacket(Number(at))) ?? (await sink.getFirstPacket());
  if (packet === null) throw new Error("no picture to begin with");
  if (codec === "av1") {
    const size = { width: await track.getCodedWidth(), height: await track.getCodedHeight() };
    const avif = asAvif(packet.data, { codec: decoderConfig.codec, ...size });
    if (avif === undefined) throw new Error("an AV1 of unknown kind");
    return { avif };
  }
  const target = new BufferTarget();
  const output = new Output({ format: new MkvOutputFormat(), target });
  const pictures = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(pictures);
  await output.start();
  await pictures.add(packet.clone({ timestamp: 0 }), { decoderConfig });
  await output.finalize();
  if (target.buffer === null) throw new Error("nothing was packed");
  const { transfer } = await track.getColorSpace();
  // The names of the DOM do not know these two.
  const curve = String(transfer);
  return {
    mkv: new Uint8Array(target.buffer),
    transfer: curve === "pq" || curve === "hlg" ? curve : undefined,
  };
}

type Ffmpeg = {
  FS: { writeFile(name: string, data: Uint8Array): void; readFile(name: string): Uint8Array };
  setLogger(logger: (line: { message: string }) => void): void;
  exec(...words: string[]): number;
};

/** Its loader takes itself to be in a browser's worker. */
async function openFfmpeg(): Promise<Ffmpeg> {
  const require = createRequire(import.meta.url);
  const nothing = (): void => undefined;
  Object.assign(globalThis, {
    self: globalThis,
    WorkerGlobalScope: nothing,
    importScripts: nothing,
    location: { href: "about:blank" },
  });
  const open: (options: object) => Promise<Ffmpeg> = require("@ffmpeg/core");
  return open({
    wasmBinary: readFileSync(require.resolve("@ffmpeg/core/wasm")),
    mainScriptUrlOrBlob: `about:blank#${btoa("{}")}`,
  });
}

/** Pixels as a page shows them, 8 bits of red, green and blue each. */
async function decoded(mkv: Uint8Array, transfer: Transfer | undefined): Promise<Uint8Array> {
  const ffmpeg = await openFfmpeg();
  ffmpeg.setLogger(({ message }) => process.stderr.write(`${message}\n`));
  ffmpeg.FS.writeFile("in", mkv);
  const scale = `scale=${width}:${height}:flags=area${transfer === undefined ? "" : ":in_color_matrix=bt2020"}`;
  const format = transfer === undefined ? "rgb24" : "rgb48le";
  const words = `-nostdin -v error -noautorotate -i in -frames:v 1 -an -vf ${scale} -f rawvideo -pix_fmt ${format} out`;
  // Its exit code counts warnings as well: whether there are enough pixels is seen by whoever gets them.
  ffmpeg.exec(...words.split(" "));
  const out = Uint8Array.from(ffmpeg.FS.readFile("out"));
  return transfer === undefined ? out : toneMapped(new Uint16Array(out.buffer), transfer);
}

const found = await keyPicture();
const out = "avif" in found ? found.avif : await decoded(found.mkv, found.transfer);
await new Promise<void>((resolve) => {
  process.stdout.write(out, () => resolve());
});
leave("done");
