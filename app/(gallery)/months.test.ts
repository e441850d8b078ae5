import assert from "node:assert/strict";
import { it } from "node:test";
import { dateOf } from "./months.ts";

it("leaves the day of the week out of a day, and nothing else", () => {
  const day = Date.UTC(2026, 10, 23);
  const tags = ["en", "en-US", "en-GB", "en-AU", "en-CA", "en-IN", "en-IE", "en-NZ", "en-ZA", "ko", "ko-KR"];
  for (const tag of tags) {
    const written = (options: Intl.DateTimeFormatOptions): string =>
      new Intl.DateTimeFormat(tag, { day: "numeric", month: "short", timeZone: "UTC", ...options }).format(
        day,
      );
    assert.equal(dateOf(written({ weekday: "short" })), written({}), tag);
  }
});
