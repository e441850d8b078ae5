/**
 * Who may import whom. esbuild reads the sources and resolves every import; what only names a type is gone by then
 * and may point anywhere. Prints one line a violation and exits 1.
 */
import { globSync, readFileSync } from "node:fs";
import { build } from "esbuild";

/** Library files say of themselves, in their first comment, that they run in a browser as well. */
const browserSafe = (file) =>
  file.startsWith("lib/words/") ||
  /^\/\*\*[^/]*\bsafe in (the|a) browser\b/i.test(readFileSync(file, "utf8").slice(0, 1000));
const builtIn = /^node:/;

/** The first rule that matches a file and one of its imports refuses it. */
const rules = [
  {
    from: /^app\//,
    to: /^(db\/|drizzle-|postgres$|@aws-sdk\/|graphile-worker)/,
    why: "app asks lib, which asks the database and the store",
  },
  {
    from: /^lib\//,
    to: /^(app\/|next($|\/)|react($|-|\/))/,
    why: "lib serves the worker and the command as well",
  },
  {
    from: /^db\//,
    to: /^(?!db\/|lib\/(env|media)\.ts$|drizzle-orm($|\/)|postgres$|graphile-worker$|zod$|node:)/,
    why: "db imports Drizzle, the driver, lib/env.ts and lib/media.ts only",
  },
  { from: /^e2e\//, to: /^app\//, why: "the browser tests see the product from outside", always: true },
  { from: /^(?!lib\/imaging\/)/, to: /^sharp$/, why: "only lib/imaging decodes pictures" },
  {
    from: /^(?!lib\/storage\/(s3\/|contract\/|profile\.ts))/,
    to: /^@aws-sdk\/(client-s3|s3-)/,
    why: "only lib/storage/s3 talks to the store",
  },
  {
    from: /./,
    to: /^(server-only|client-only)$/,
    why: "it throws in the worker and in the command",
    always: true,
  },
];

/** Tests, what they share, and benchmarks may look behind every door. */
const isTest = (file) =>
  /\.test\.tsx?$/.test(file) || /(^|\/)testing\.ts$/.test(file) || /^(bench|e2e|faults|hostile)\//.test(file);

const files = globSync("{app,lib,db,e2e,bench,faults,hostile}/**/*.{ts,tsx}").sort();
const { metafile } = await build({
  entryPoints: files,
  bundle: true,
  write: false,
  metafile: true,
  platform: "node",
  format: "esm",
  outdir: "/nowhere",
  packages: "external",
  logLevel: "error",
  jsx: "automatic",
  loader: { ".css": "empty" },
});

/** Every import of a file: a path inside the project, a package, or node:something. */
const importsOf = (file) => (metafile.inputs[file]?.imports ?? []).map((found) => found.path);
const problems = [];

for (const file of files) {
  for (const target of importsOf(file))
    for (const { from, to, why, always } of rules)
      if ((always === true || !isTest(file)) && from.test(file) && to.test(target))
        problems.push(`${file} imports ${target}: ${why}.`);
}

const directive = (file) => /^\s*["'](use client|use server)["']/.exec(readFileSync(file, "utf8"))?.[1];

/** What a client file reaches is sent to the browser, unless it is a server action. */
for (const start of files.filter((file) => directive(file) === "use client")) {
  const seen = new Set();
  const follow = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const target of importsOf(file)) {
      const local = metafile.inputs[target] !== undefined;
      if (target === "lib/words.ts")
        problems.push(`${file} takes every text into the browser: import { w } from "#lib/words/<part>.ts".`);
      if (builtIn.test(target) || (local && !target.startsWith("app/") && !browserSafe(target)))
        problems.push(`${start} takes ${target} into the browser (through ${file}).`);
      else if (local && directive(target) !== "use server") follow(target);
    }
  };
  follow(start);
}

const done = new Set();
const findCycles = (file, path) => {
  const at = path.indexOf(file);
  if (at !== -1) problems.push(`Imports go round in a circle: ${[...path.slice(at), file].join(" → ")}.`);
  if (at !== -1 || done.has(file)) return;
  for (const target of importsOf(file))
    if (metafile.inputs[target] !== undefined) findCycles(target, [...path, file]);
  done.add(file);
};
for (const file of files) findCycles(file, []);

for (const problem of new Set(problems)) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${files.length} files keep to the import table.`);
