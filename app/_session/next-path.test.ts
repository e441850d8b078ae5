import assert from "node:assert/strict";
import { test } from "node:test";
import { safeNext, signInPath } from "./next-path.ts";

test("signing in leads back to any page of this site", () => {
  for (const path of ["/", "/upload", "/admin/media?state=trash&q=a%20b", "/m/1#facts", "/사진"])
    assert.equal(decodeURI(safeNext(path)), decodeURI(path));
  assert.equal(safeNext("/admin?_rsc=abc&q=1"), "/admin?q=1");
  assert.equal(signInPath("/admin?a=b"), "/sign-in?next=%2Fadmin%3Fa%3Db");
  assert.equal(signInPath("/"), "/sign-in");
});

test("signing in never leads to another site, or in circles", () => {
  for (const path of [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/%2e//evil.example",
    "javascript:alert(1)",
    "evil.example",
    " /upload",
    "",
    "/sign-in?next=/sign-in",
    `/${"x".repeat(3000)}`,
    undefined,
    ["/upload", "/admin"],
  ])
    assert.equal(safeNext(path), "/", String(path));
});
