/** `npm run bench -- <name>`: measures, prints a table, asserts nothing. Every figure stands beside its baseline. */
const benches: Record<string, () => Promise<{ run: (args: string[]) => Promise<void> }>> = {
  store: () => import("./store.ts"),
  upload: () => import("./upload.ts"),
  sign: () => import("./sign.ts"),
  gallery: () => import("./gallery.ts"),
  import: () => import("./import.ts"),
  bulk: () => import("./bulk.ts"),
  search: () => import("./search.ts"),
  reads: () => import("./reads.ts"),
  browser: () => import("./browser.ts"),
  load: () => import("./load.ts"),
  keeping: () => import("./keeping.ts"),
};

const [name = "", ...args] = process.argv.slice(2);
const load = benches[name];
if (load === undefined) {
  console.error(`Usage: npm run bench -- <${Object.keys(benches).join(" | ")}> [options]`);
  process.exit(2);
}
await (await load()).run(args);

export {};
