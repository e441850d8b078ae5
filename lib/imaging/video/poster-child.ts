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
import { startLimits } from "../within.ts";
import { openRemote } from "./remote.ts";

const [seconds = "60", bytes = "0", width = "0", height = "0", at = "0"] = process.argv.slice(2);
startLimits(Number(seconds), 768);

async function keyPicture(): Promise<Uint8Array> {
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
  const target = new BufferTarget();
  const output = new Output({ format: new MkvOutputFormat(), target });
  const pictures = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(pictures);
  await output.start();
  await pictures.add(packet.clone({ timestamp: 0 }), { decoderConfig });
  await output.finalize();
  if (target.buffer === null) throw new Error("nothing was packed");
  return new Uint8Array(target.buffer);
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

const picture = await keyPicture();
const ffmpeg = await openFfmpeg();
ffmpeg.setLogger(({ message }) => process.stderr.write(`${message}\n`));
ffmpeg.FS.writeFile("in", picture);
const words = `-nostdin -v error -noautorotate -i in -frames:v 1 -an -vf scale=${width}:${height}:flags=area -f rawvideo -pix_fmt rgb24 out`;
// Its exit code counts warnings as well: whether there are enough pixels is seen by whoever gets them.
ffmpeg.exec(...words.split(" "));
await new Promise<void>((resolve) => {
  process.stdout.write(ffmpeg.FS.readFile("out"), () => resolve());
});
process.exit(0);
