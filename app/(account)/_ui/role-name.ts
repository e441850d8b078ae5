import type { Role } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";

const w = words("account");
const names = perLocale(
  (): Record<Role, string> => ({
    owner: w("roleOwner"),
    admin: w("roleAdmin"),
    member: w("roleMember"),
    viewer: w("roleViewer"),
  }),
);

/** A role as people call it. */
export const roleName = (role: Role): string => names()[role];
