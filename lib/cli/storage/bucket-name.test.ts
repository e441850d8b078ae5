import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf, nameLike } from "./bucket-name.ts";

test("names that S3 takes have no fault", () => {
  for (const name of ["abc", "my-photos", "photos.example.com", "2026-photos", "a".repeat(63)])
    assert.deepEqual(faultsOf(name), [], name);
});

test("every rule that a name breaks is told, with the rule in it", () => {
  const faults: [string, RegExp][] = [
    ["ab", /2 characters, not 3 to 63/],
    ["a".repeat(64), /64 characters/],
    ["MyPhotos", /capital letters/],
    ["my_photos", /"_" besides small letters/],
    ["my photos", /spaces/],
    ["사진첩", /"사"/],
    ["-photos", /begin and end/],
    ["photos.", /begin and end/],
    ["my..photos", /two dots in a row/],
    ["192.168.5.4", /IP address/],
    ["xn--photos", /begin with xn--/],
    ["photos-s3alias", /end with -s3alias/],
    ["photos-an", /end with -an/],
  ];
  for (const [name, fault] of faults) assert.match(faultsOf(name).join("; "), fault, name);
});

test("a name that S3 would take is proposed where one is left", () => {
  assert.equal(nameLike("My Photos_2026"), "my-photos-2026");
  assert.equal(nameLike("Café"), "cafe");
  assert.equal(nameLike("사진"), undefined);
});
