import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  appleNote,
  exifBlock,
  exifSegment,
  riffChunk,
  scene,
  segment,
  withChunks,
  withRiffChunks,
  withSegments,
} from "./fixtures.ts";
import { pngChunk } from "./formats/png.ts";
import { type Facts, identify, lockDown, readFacts } from "./index.ts";

before(lockDown);

const tag = {
  description: 0x010e,
  make: 0x010f,
  model: 0x0110,
  dateTime: 0x0132,
  xpTitle: 0x9c9b,
  exposureTime: 0x829a,
  fNumber: 0x829d,
  iso: 0x8827,
  exposureIndex: 0x8832,
  taken: 0x9003,
  digitized: 0x9004,
  offset: 0x9011,
  subSeconds: 0x9291,
  focalLength: 0x920a,
  lens: 0xa434,
} as const;

type Parts = Parameters<typeof exifBlock>;

async function factsOf(...segments: Buffer[]): Promise<Facts> {
  const picture = withSegments(await scene(8, 8).jpeg().toBuffer(), ...segments);
  return readFacts(picture, await identify(picture, "image/jpeg"));
}
const factsIn = (...parts: Parts): Promise<Facts> => factsOf(exifSegment(exifBlock(...parts)));
/** What is known, without what is not. */
const known = (facts: Facts): Partial<Facts> =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));

const shot: Parts = [
  { [tag.make]: [2, "Canon"], [tag.model]: [2, "Canon EOS 40D"] },
  {
    [tag.taken]: [2, "2024:05:06 07:08:09"],
    [tag.offset]: [2, "+05:30"],
    [tag.subSeconds]: [2, "25"],
    [tag.exposureTime]: [5, [[1, 160]]],
    [tag.fNumber]: [5, [[71, 10]]],
    [tag.iso]: [3, [100]],
    [tag.focalLength]: [5, [[135, 1]]],
    [tag.lens]: [2, "EF 135mm f/2L USM"],
  },
  {
    1: [2, "S"],
    2: [
      5,
      [
        [33, 1],
        [51, 1],
        [3000, 100],
      ],
    ],
    3: [2, "W"],
    4: [
      5,
      [
        [70, 1],
        [15, 1],
        [0, 1],
      ],
    ],
    5: [1, [1]],
    6: [5, [[425, 10]]],
  },
];
const shotFacts: Partial<Facts> = {
  takenAt: new Date("2024-05-06T07:08:09.250Z"),
  takenOffset: 330,
  camera: "Canon EOS 40D",
  lens: "EF 135mm f/2L USM",
  aperture: 7.1,
  exposureTime: 1 / 160,
  iso: 100,
  focalLength: 135,
  latitude: -(33 + 51 / 60 + 30 / 3600),
  longitude: -70.25,
  altitude: -42.5,
};

describe("what the camera wrote", () => {
  test("is read from JPEG, PNG, WebP and AVIF alike", async () => {
    const block = exifBlock(...shot);
    const webp = await scene(8, 8).withIccProfile("srgb").webp().toBuffer();
    for (const picture of [
      withSegments(await scene(8, 8).jpeg().toBuffer(), exifSegment(block)),
      withChunks(await scene(8, 8).png().toBuffer(), pngChunk("eXIf", block)),
      withRiffChunks(webp, 0x08, riffChunk("EXIF", block)),
    ]) {
      const identity = await identify(picture, "");
      assert.deepEqual(known(await readFacts(picture, identity)), shotFacts, identity.mime);
    }
    const avif = await scene(8, 8)
      .withExif({ IFD0: { Make: "Canon", Model: "Canon EOS 40D" }, IFD2: { FNumber: "71/10" } })
      .avif()
      .toBuffer();
    const facts = await readFacts(avif, await identify(avif, ""));
    assert.deepEqual([facts.camera, facts.aperture], ["Canon EOS 40D", 7.1]);
  });

  test("is nothing in a picture without EXIF, and in a GIF", async () => {
    assert.deepEqual(known(await factsOf()), {});
    const gif = await scene(8, 8).gif().toBuffer();
    assert.deepEqual(known(await readFacts(gif, await identify(gif, ""))), {});
  });

  test("names the maker once", async () => {
    const named = async (make: string, model: string): Promise<string | undefined> =>
      (await factsIn({ [tag.make]: [2, make], [tag.model]: [2, model] })).camera;
    assert.equal(await named("Apple", "iPhone 6"), "Apple iPhone 6");
    assert.equal(await named("NIKON CORPORATION", "NIKON D70"), "NIKON D70");
    assert.equal(await named("EASTMAN KODAK COMPANY", "KODAK CX7530"), "KODAK CX7530");
    assert.equal(await named("   ", "X"), "X");
    assert.equal(await named("----", "   "), undefined);
  });

  test("reads title and description where a standard tag holds them, and drops what cameras put there", async () => {
    const iptc = (set: number, text: string): Buffer => {
      const value = Buffer.from(text);
      return Buffer.concat([Buffer.from([0x1c, 2, set, 0, value.length]), value]);
    };
    const data = Buffer.concat([
      Buffer.from([0x1c, 1, 90, 0, 3, 0x1b, 0x25, 0x47]),
      iptc(5, "Dämmerung"),
      iptc(120, "Am Fluß, 日本"),
    ]);
    const block = Buffer.concat([
      Buffer.from("Photoshop 3.0\x008BIM\x04\x04\0\0", "latin1"),
      Buffer.from([0, 0, 0, data.length]),
      data,
      Buffer.alloc(data.length & 1),
    ]);
    const facts = await factsOf(segment(0xed, block));
    assert.deepEqual([facts.title, facts.description], ["Dämmerung", "Am Fluß, 日本"]);

    const title = [...Buffer.from("Grüße\0", "utf16le")];
    const windows = await factsIn({ [tag.xpTitle]: [1, title], [tag.description]: [2, "A dog"] });
    assert.deepEqual([windows.title, windows.description], ["Grüße", "A dog"]);
    for (const junk of [
      "OLYMPUS DIGITAL CAMERA         ",
      "SONY DSC",
      "               ",
      "DCIM\\100MEDIA\\DJI_0001.JPG",
      "\x01\x02",
    ])
      assert.equal((await factsIn({ [tag.description]: [2, junk] })).description, undefined, junk);
  });
});

describe("when", () => {
  const takenIn = async (exif: Parts[1], main: Parts[0] = {}): Promise<(string | number | undefined)[]> => {
    const { takenAt, takenOffset } = await factsIn(main, exif);
    return [takenAt?.toISOString(), takenOffset];
  };
  const noon = "2024:05:06 12:00:00";

  test("without an offset the wall time is taken as UTC", async () => {
    assert.deepEqual(await takenIn({ [tag.taken]: [2, noon] }), ["2024-05-06T12:00:00.000Z", undefined]);
  });

  test("with an offset the clock is kept and how far ahead it was, east and west", async () => {
    for (const [offset, minutes] of [
      ["+02:00", 120],
      ["-09:30", -570],
      ["Z", 0],
      ["-00:00", 0],
    ] as const)
      assert.deepEqual(await takenIn({ [tag.taken]: [2, noon], [tag.offset]: [2, offset] }), [
        "2024-05-06T12:00:00.000Z",
        minutes,
      ]);
  });

  test("an offset no clock has is as good as none", async () => {
    for (const offset of ["+25:00", "+14:30", "+01:75", "CEST", "   :  ", ""])
      assert.deepEqual(
        await takenIn({ [tag.taken]: [2, noon], [tag.offset]: [2, offset] }),
        ["2024-05-06T12:00:00.000Z", undefined],
        offset,
      );
  });

  test("dates no calendar has, or no camera can have seen, are undefined", async () => {
    const soon = new Date(Date.now() + 3 * 86_400_000)
      .toISOString()
      .slice(0, 19)
      .replaceAll("-", ":")
      .replace("T", " ");
    for (const date of [
      "0000:00:00 00:00:00",
      "2024:02:30 10:00:00",
      "2024:13:01 10:00:00",
      "2024:05:06 25:00:00",
      "0001:01:01 00:00:00",
      "    :  :     :  :  ",
      "yesterday",
      "9999:12:31 23:59:59",
      soon,
    ])
      assert.deepEqual(await takenIn({ [tag.taken]: [2, date] }), [undefined, undefined], date);
  });

  test("when the first date means nothing the next one counts", async () => {
    const bad = "0000:00:00 00:00:00";
    assert.deepEqual(
      (await takenIn({ [tag.taken]: [2, bad], [tag.digitized]: [2, noon] }))[0],
      "2024-05-06T12:00:00.000Z",
    );
    assert.deepEqual(
      (await takenIn({ [tag.taken]: [2, bad] }, { [tag.dateTime]: [2, noon] }))[0],
      "2024-05-06T12:00:00.000Z",
    );
  });

  test("a scanned picture of 1912 keeps its date", async () => {
    assert.equal((await takenIn({ [tag.taken]: [2, "1912:04:14 23:40:00"] }))[0], "1912-04-14T23:40:00.000Z");
  });
});

describe("absurd values become undefined and nothing throws", () => {
  test("rationals over nothing, negatives, numbers past any lens", async () => {
    const exif: Parts[1] = {
      [tag.exposureTime]: [5, [[0, 0]]],
      [tag.fNumber]: [5, [[1, 0]]],
      [tag.focalLength]: [10, [[-5, 1]]],
      [tag.iso]: [3, [0]],
    };
    assert.deepEqual(known(await factsIn({}, exif)), {});
    assert.equal((await factsIn({}, { [tag.fNumber]: [5, [[4294967295, 1]]] })).aperture, undefined);
  });

  test("an ISO too large for its tag is read from the tag beside it", async () => {
    assert.equal(
      (await factsIn({}, { [tag.iso]: [3, [65535]], [tag.exposureIndex]: [4, [102400]] })).iso,
      102_400,
    );
  });

  test("a place that is no place: 0/0, past the poles, no hemisphere, null island", async () => {
    const at = (
      lat: [number, number][],
      latRef = "N",
      lon: [number, number][] = [
        [8, 1],
        [0, 1],
        [0, 1],
      ],
    ): Parts[2] => ({
      1: [2, latRef],
      2: [5, lat],
      3: [2, "E"],
      4: [5, lon],
      6: [5, [[5, 1]]],
    });
    const zero: [number, number][] = [
      [0, 1],
      [0, 1],
      [0, 1],
    ];
    for (const gps of [
      at([
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
      at([
        [91, 1],
        [0, 1],
        [0, 1],
      ]),
      at([[51, 1]]),
      at(
        [
          [51, 1],
          [0, 1],
          [0, 1],
        ],
        "Q",
      ),
      at(zero, "N", zero),
    ])
      assert.deepEqual(known(await factsIn({}, {}, gps)), {});
  });

  test("control characters and direction overrides do not reach a name; length is bounded", async () => {
    const facts = await factsIn({
      [tag.model]: [2, `A\u0007\u202eB${"x".repeat(5000)}`],
      [tag.description]: [2, "y".repeat(20_000)],
    });
    assert.equal(facts.camera?.startsWith("ABxx"), true);
    assert.equal(facts.camera?.length, 255);
    assert.equal(facts.description?.length, 5000);
  });

  test("directories that loop, point outside or count to four thousand million", async () => {
    const block = exifBlock(...shot);
    const loop = Buffer.from(block);
    loop.writeUInt32BE(8, loop.indexOf(Buffer.from([0x87, 0x69])) + 8);
    const outside = Buffer.from(block);
    outside.writeUInt32BE(0xfffffff0, 4);
    const endless = Buffer.from(block);
    endless.writeUInt32BE(0xffffffff, endless.indexOf(Buffer.from([0x01, 0x0f])) + 4);
    const cut = block.subarray(0, 60);
    for (const bad of [
      loop,
      outside,
      endless,
      cut,
      Buffer.alloc(0),
      Buffer.from("II*\0"),
      Buffer.alloc(60_000, 0xff),
    ])
      assert.ok(
        [undefined, shotFacts.takenAt?.getTime()].includes(
          (await factsOf(exifSegment(bad))).takenAt?.getTime(),
        ),
      );
  });

  test("bytes changed at random never throw", async () => {
    let seed = 11;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    const jpeg = await scene(8, 8).jpeg().toBuffer();
    const identity = await identify(jpeg, "");
    for (let n = 0; n < 2000; n++) {
      const block = exifBlock(...shot);
      for (let k = 0; k < 6; k++) block[random(block.length)] = random(256);
      const { takenAt } = await readFacts(withSegments(jpeg, exifSegment(block)), identity);
      assert.ok(takenAt === undefined || !Number.isNaN(takenAt.getTime()));
    }
  });
});

describe("what an iPhone writes into both halves of a Live Photo", () => {
  const id = "6F1B0D0A-3C1E-4A57-9D0B-2B6C1D1F7A11";
  const noted = (note: number[]) => factsIn({ [tag.make]: [2, "Apple"] }, { 37500: [7, note] });

  test("is found in its note", async () => {
    assert.equal((await noted(appleNote(id))).contentId, id);
  });

  test("is nothing in another maker's note, in one that is damaged, or where it is no name", async () => {
    const note = appleNote(id);
    const outside = [...note];
    outside.splice(36, 4, 0xff, 0xff, 0xff, 0xf0);
    for (const bad of [
      note.slice(0, 12),
      note.slice(0, 20),
      outside,
      appleNote("../.."),
      appleNote(""),
      [...Buffer.from("Nikon\0"), ...note],
    ])
      assert.equal((await noted(bad)).contentId, undefined);
  });
});
