/** Who does what of a schedule's deeds. */
import { decide, type Means, throwAway } from "./deeds.ts";
import { album, guestLink } from "./links.ts";
import type { Person } from "./person.ts";
import type { Random } from "./random.ts";
import type { Deed } from "./schedule.ts";

/** Does one of these, whatever happens to the site meanwhile. */
export async function carryOut(person: Person, deed: Deed, random: Random, means: Means): Promise<void> {
  if (deed.kind === "trash") return throwAway(person, deed, random, means);
  if (deed.kind === "album") return album(person, deed, means);
  if (deed.kind === "link") return guestLink(person, deed, random, means);
  const { inbox } = person;
  if (inbox === undefined) return;
  await Promise.all(deed.acts.map((act) => decide(person, inbox, act, random.fork(), deed.waitMs)));
}
