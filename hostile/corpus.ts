/** Everything that is sent. */
import { bombs, heavy } from "./bombs.ts";
import { cutPixels, disguised, truncated } from "./broken.ts";
import type { Case } from "./case.ts";
import { containers } from "./containers.ts";
import { metadata } from "./metadata.ts";
import { odd } from "./odd.ts";
import { originals } from "./originals.ts";
import { shapes } from "./shapes.ts";
import { sizes } from "./sizes.ts";

/** What nothing is wrong with: a judge who refuses everything would otherwise be right nearly always. */
async function good(): Promise<Case[]> {
  return (await originals()).map(({ kind, mime, bytes, shown }) => ({
    name: `a good ${kind}`,
    bytes: () => bytes,
    declared: mime,
    expected: shown,
  }));
}

export async function corpus(): Promise<Record<string, Case[]>> {
  return {
    good: await good(),
    bombs,
    truncated: [...(await truncated()), ...cutPixels],
    disguised,
    sizes,
    metadata,
    shapes,
    containers,
    odd,
    heavy,
  };
}
