import type { ReactNode } from "react";
import { type OpenInvite, rolesFor } from "#lib/accounts.ts";
import type { Viewer } from "#lib/media.ts";
import { words } from "#lib/words.ts";
import { Button } from "../../../_ui/button.tsx";
import { Moment } from "../../../_ui/moment.tsx";
import { mark, within } from "../../../_ui/within.ts";
import { roleName } from "../../../(account)/_ui/role-name.ts";
import { revokeInvite } from "../actions.ts";

const w = words("account");

const about = ({ role, by, expiresAt }: OpenInvite): ReactNode => {
  const facts = { role: roleName(role), date: mark(0) };
  const said = by === null ? w("inviteUntil", facts) : w("inviteBy", { ...facts, name: by });
  return within(said, <Moment at={expiresAt} />);
};

export function OpenInvites({ invites, viewer }: { invites: OpenInvite[]; viewer: Viewer }) {
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
      {invites.map((invite) => {
        const who = invite.email ?? w("inviteAnyone");
        return (
          <li
            key={invite.id}
            className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3"
          >
            <div className="min-w-0">
              <p className="truncate font-medium">{who}</p>
              <p className="text-sm text-muted">{about(invite)}</p>
            </div>
            {rolesFor(viewer).includes(invite.role) ? (
              <form action={revokeInvite}>
                <input type="hidden" name="id" value={invite.id} />
                <Button type="submit" size="sm" aria-label={w("revokeOf", { who })}>
                  {w("revoke")}
                </Button>
              </form>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
