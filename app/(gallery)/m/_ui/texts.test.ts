import assert from "node:assert/strict";
import { test } from "node:test";
import { readDraft } from "./drafts.ts";
import { begun, decided, heard, saved, typedInto, unsaved, withDraft } from "./texts.ts";

const said = { title: "Pier", tags: "sea" };

test("news replace what nobody touched, and stand beside what somebody typed until they decide", () => {
  const typed = typedInto(begun(said), "title", "Harbour");
  const news = heard(typed, { title: "Elsewhere", tags: "sea, rain" });
  assert.deepEqual(news, {
    title: { text: "Harbour", before: "Pier", elsewhere: "Elsewhere" },
    tags: { text: "sea, rain", before: "sea, rain" },
  });
  assert.deepEqual(decided(news, "title", true).title, { text: "Harbour", before: "Elsewhere" });
  assert.deepEqual(decided(news, "title", false).title, { text: "Elsewhere", before: "Elsewhere" });
  assert.deepEqual(heard(news, said).title, { text: "Harbour", before: "Pier" });
});

test("what was saved is nothing that could be lost, and what was typed meanwhile is", () => {
  const typed = typedInto(begun(said), "title", " Harbour ");
  const sent = { title: " Harbour ", tags: "sea" };
  const now = { title: "Harbour", tags: "sea" };
  assert.equal(unsaved(saved(typed, sent, now)), undefined);
  const later = typedInto(typed, "title", "Harbour at night");
  assert.deepEqual(unsaved(saved(later, sent, now)), {
    title: { text: "Harbour at night", before: "Harbour" },
  });
});

test("a draft is found again beside what the picture says by then; anything else that is kept is none", () => {
  const draft = unsaved(typedInto(begun(said), "title", "Harbour"));
  const again = readDraft(JSON.stringify(draft)) ?? {};
  assert.deepEqual(withDraft({ title: "Elsewhere", tags: "sea" }, again).title, {
    text: "Harbour",
    before: "Pier",
    elsewhere: "Elsewhere",
  });
  for (const kept of [null, "null", "1", '{"title":null}', '{"title":{"text":1}}', '{"x":{}}'])
    assert.equal(readDraft(kept), undefined);
});
