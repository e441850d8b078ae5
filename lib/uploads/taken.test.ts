import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { takenOf, writtenOut } from "./taken.ts";

const none = { takenAt: undefined, takenOffset: undefined };
const upload = {
  fileModifiedAt: new Date("2026-05-31T20:00:00Z"),
  timeZone: "Asia/Seoul",
  createdAt: new Date("2026-11-01T00:30:00Z"),
};
const written = (...given: Parameters<typeof takenOf>): [string, number | null, string] => {
  const { takenAt, takenOffset = null, takenSource } = takenOf(...given);
  return [takenAt.toISOString().slice(0, 16), takenOffset, takenSource];
};

describe("when a picture was taken", () => {
  it("is what its camera's clock showed, wherever it is sent from", () => {
    const takenAt = new Date("2026-06-01T05:00:00Z");
    assert.deepEqual(written({ takenAt, takenOffset: -480 }, upload), ["2026-06-01T05:00", -480, "camera"]);
    assert.deepEqual(written({ ...none, takenAt }, upload), ["2026-06-01T05:00", null, "camera"]);
  });

  it("is read off a clock where the sender is, when only the moment is known", () => {
    const moment = new Date("2026-01-31T16:30:00Z");
    assert.deepEqual(written({ ...none, moment }, upload), ["2026-02-01T01:30", 540, "camera"]);
    assert.deepEqual(written(none, upload), ["2026-06-01T05:00", 540, "file"]);
    assert.deepEqual(written(none, { ...upload, fileModifiedAt: null }), ["2026-11-01T09:30", 540, "upload"]);
  });

  it("knows summer from winter and halves of hours, and takes UTC where nobody said", () => {
    const at = (timeZone: string | null, time: string) =>
      written(none, { ...upload, timeZone, fileModifiedAt: new Date(time) }).slice(0, 2);
    assert.deepEqual(at("America/New_York", "2026-07-01T12:00:00Z"), ["2026-07-01T08:00", -240]);
    assert.deepEqual(at("America/New_York", "2026-01-01T12:00:00Z"), ["2026-01-01T07:00", -300]);
    assert.deepEqual(at("Asia/Kolkata", "2026-01-01T12:00:00Z"), ["2026-01-01T17:30", 330]);
    assert.deepEqual(at("America/St_Johns", "2026-01-01T12:00:00Z"), ["2026-01-01T08:30", -210]);
    assert.deepEqual(at("UTC", "2026-01-01T12:00:00Z"), ["2026-01-01T12:00", 0]);
    assert.deepEqual(at(null, "2026-01-01T12:00:00Z"), ["2026-01-01T12:00", null]);
  });

  it("is written out with its offset, or without one", () => {
    const takenAt = new Date("2026-06-01T05:00:00Z");
    assert.deepEqual(
      [540, -210, 0, null].map((takenOffset) => writtenOut({ takenAt, takenOffset })),
      [
        "2026-06-01T05:00:00.000+09:00",
        "2026-06-01T05:00:00.000-03:30",
        "2026-06-01T05:00:00.000+00:00",
        "2026-06-01T05:00:00.000",
      ],
    );
  });
});
