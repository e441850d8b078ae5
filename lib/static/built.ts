/** What a build says about itself. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { buildFolder } from "../start/build-folder.ts";
import { Refusal } from "../start/refusal.ts";
import { staticUrlOf } from "./url.ts";

/** The id next gave to the build in this folder. Throws Refusal when there is none. */
export async function buildId(folder: string): Promise<string> {
  const text = await readFile(path.join(folder, "BUILD_ID"), "utf8").catch(() => undefined);
  if (text === undefined)
    throw new Refusal(`There are no built pages in ${folder}: run tintype build first.`);
  return text.trim();
}

/**
 * Scripts load each other from the address they were built for, whatever the pages say. Throws Refusal when that is
 * not today's STATIC_URL; a build that is missing is next's to complain about.
 */
export async function refuseOtherBuild(environment: Record<string, string | undefined>): Promise<void> {
  const folder = buildFolder(environment);
  const text = await readFile(path.join(folder, "required-server-files.json"), "utf8").catch(() => undefined);
  if (text === undefined) return;
  const built: { config?: { assetPrefix?: string } } = JSON.parse(text);
  const was = built.config?.assetPrefix ?? "";
  const wanted = staticUrlOf(environment);
  if (was === wanted) return;
  const said = (url: string): string => (url === "" ? "without STATIC_URL" : `for STATIC_URL=${url}`);
  throw new Refusal(
    `The pages in ${folder} were built ${said(was)}, and this process is started ${said(wanted)}. Build them again with the same value: tintype build.`,
  );
}
