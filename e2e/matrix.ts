/**
 * Every route of the product, and what each kind of reader is answered there: read from the source, so that a route
 * nobody thought of has no row and is found.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const root = path.join(import.meta.dirname, "..");

/** Readers, from the one who may least. `member` is whom everything in the matrix belongs to. */
export const readers = ["anonymous", "viewer", "other", "member", "admin", "owner"] as const;
export type Reader = (typeof readers)[number];

/** `/m/[id]/details` of `app/(gallery)/m/[id]/details/route.ts`. */
const patternOf = (file: string): string =>
  `/${path
    .dirname(file)
    .split(path.sep)
    .filter((part) => part !== "." && !/^\(\w+\)$/.test(part))
    .join("/")}`;

/** Routes with these files, as patterns. Folders that begin with `_` or `@` are no routes of their own. */
function routesWith(name: "page.tsx" | "route.ts"): { pattern: string; file: string }[] {
  return readdirSync(path.join(root, "app"), { recursive: true, encoding: "utf8" })
    .filter((file) => path.basename(file) === name && !/(^|[\\/])[_@]/.test(file))
    .map((file) => ({ pattern: patternOf(file), file: path.join("app", file) }))
    .sort((a, b) => (a.pattern < b.pattern ? -1 : 1));
}

export type Handler = { method: string; pattern: string };

/** What answers: pages with GET, route handlers with the methods they export. */
export function handlers(): Handler[] {
  const pages = routesWith("page.tsx").map(({ pattern }) => ({ method: "GET", pattern }));
  const routes = routesWith("route.ts").flatMap(({ pattern, file }) =>
    [
      ...readFileSync(path.join(root, file), "utf8").matchAll(
        /^export (?:const|async function|function) ([A-Z]+)\b/gm,
      ),
    ].map(([, method = ""]) => ({ method, pattern })),
  );
  return [...pages, ...routes];
}

/** What the build answers, as patterns; besides pages that are shown in others, or when there is none. */
export function built(): string[] {
  const manifest: Record<string, string> = JSON.parse(
    readFileSync(path.join(root, ".next", "server", "app-paths-manifest.json"), "utf8"),
  );
  return Object.keys(manifest)
    .filter((route) => !/\/(@\w+|_global-error|_not-found)\//.test(route))
    .map((route) => patternOf(route.slice(1)));
}

/** Route files with an export that `handlers` would not see. */
export const hiding = (): string[] =>
  routesWith("route.ts")
    .map(({ file }) => file)
    .filter((file) =>
      /^export (?!(const|async function|function) [A-Z]+\b|type |interface )/m.test(
        readFileSync(path.join(root, file), "utf8"),
      ),
    );

export type Action = { id: string; name: string; file: string; page: string };

/** The server actions of the build, each with a page that carries it. */
export function actions(): Action[] {
  const manifest: {
    node: Record<string, { filename: string; exportedName: string; workers: Record<string, unknown> }>;
  } = JSON.parse(readFileSync(path.join(root, ".next", "server", "server-reference-manifest.json"), "utf8"));
  return Object.entries(manifest.node).map(([id, { filename, exportedName, workers }]) => ({
    id,
    name: exportedName,
    file: filename,
    page: patternOf(
      path.relative("app", Object.keys(workers).find((worker) => !worker.includes("@")) ?? "app/page"),
    ),
  }));
}
