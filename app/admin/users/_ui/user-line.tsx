import type { UserRow } from "#lib/accounts.ts";
import { mayChange, mayChangeQuota, rolesFor } from "#lib/accounts.ts";
import type { Viewer } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";
import { Day } from "../../../_ui/moment.tsx";
import { roleName } from "../../../(account)/_ui/role-name.ts";
import { formatBytes } from "../../_ui/format.ts";
import { bytesPerGigabyte } from "../gigabytes.ts";
import { type ControlWords, UserControls } from "./user-controls.tsx";

const w = words("account");

const controlWords = perLocale(
  (): ControlWords => ({
    role: w("role"),
    quota: w("quota"),
    quotaHint: w("quotaHint"),
    save: w("save"),
    sending: w("sending"),
    disable: w("disable"),
    disableHint: w("disableHint"),
    enable: w("enable"),
    enableHint: w("enableHint"),
  }),
);

/** One person: who, what they keep here, and behind "Change" what the viewer may change of them. */
export function UserLine({ user, viewer }: { user: UserRow; viewer: Viewer }) {
  const full = mayChange(viewer, user);
  const quota = mayChangeQuota(viewer, user);
  return (
    <li className="grid gap-3 px-4 py-3">
      <div className="grid gap-x-6 gap-y-2 md:grid-cols-[minmax(0,1fr)_auto] md:items-center">
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium">
            <span className="truncate">{user.name}</span>
            <Badges user={user} self={user.id === viewer.id} />
          </p>
          <p className="truncate text-sm text-muted">{user.email}</p>
        </div>
        <Facts user={user} />
      </div>
      {full || quota ? (
        <details className="group">
          <summary
            aria-label={w("changeOf", { name: user.name })}
            className="inline-flex min-h-8 cursor-pointer list-none items-center rounded-md border border-line px-3 text-sm font-medium hover:bg-raised pointer-coarse:min-h-10 [&::-webkit-details-marker]:hidden"
          >
            {w("change")}
          </summary>
          <div className="pt-4">
            <UserControls
              w={controlWords()}
              user={{
                id: user.id,
                role: user.role,
                roles: full ? rolesFor(viewer).map((role) => ({ value: role, label: roleName(role) })) : [],
                quota: String(user.limitBytes / bytesPerGigabyte),
                disabled: full ? user.disabledAt !== null : undefined,
              }}
            />
          </div>
        </details>
      ) : null}
    </li>
  );
}

const badge = "rounded-full px-2 py-0.5 text-xs font-medium";

function Badges({ user, self }: { user: UserRow; self: boolean }) {
  return (
    <>
      <span className={`${badge} bg-raised text-muted`}>{roleName(user.role)}</span>
      {self ? <span className={`${badge} bg-good/10 text-good`}>{w("you")}</span> : null}
      {user.disabledAt === null ? null : (
        <span className={`${badge} bg-danger/10 text-danger`}>{w("disabled")}</span>
      )}
    </>
  );
}

function Facts({ user }: { user: UserRow }) {
  const used = formatBytes(user.usedBytes);
  const facts = [
    [w("pictures"), w("pictureCount", { n: user.media })],
    [w("space"), user.limitBytes === 0 ? used : w("spaceOf", { used, limit: formatBytes(user.limitBytes) })],
    [w("lastSeen"), user.lastSeen === null ? w("lastSeenNever") : <Day key="day" at={user.lastSeen} />],
  ] as const;
  return (
    <dl className="grid grid-cols-3 gap-4 text-sm md:w-[26rem]">
      {facts.map(([name, value]) => (
        <div key={name} className="min-w-0">
          <dt className="text-muted">{name}</dt>
          <dd className="tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
