import type { SessionView } from "#lib/auth.ts";
import { words } from "#lib/words.ts";
import { Button } from "../../_ui/button.tsx";
import { Day } from "../../_ui/moment.tsx";
import { mark, within } from "../../_ui/within.ts";
import { endOtherSessions, endSession } from "./actions.ts";
import { deviceName } from "./device.ts";

const w = words("account");

export function Sessions({ sessions }: { sessions: SessionView[] }) {
  const others = sessions.filter((session) => !session.current).length;
  return (
    <div className="grid gap-4">
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
        {sessions.map((session) => (
          <SessionLine key={session.id} session={session} />
        ))}
      </ul>
      {others > 0 ? (
        <form action={endOtherSessions}>
          <Button type="submit">{w("endOthers", { n: others })}</Button>
        </form>
      ) : null}
    </div>
  );
}

function SessionLine({ session }: { session: SessionView }) {
  const device = deviceName(session.userAgent);
  const since = <Day at={session.since} />;
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2 font-medium">
          {device}
          {session.current ? (
            <span className="rounded-full bg-good/10 px-2 py-0.5 text-xs font-medium text-good">
              {w("sessionHere")}
            </span>
          ) : null}
        </p>
        <p className="text-sm text-muted">
          {within(
            w("sessionDates", { since: mark(0), lastSeen: mark(1) }),
            since,
            <Day at={session.lastSeen} />,
          )}
        </p>
        {session.address ? (
          <p className="text-sm break-all text-muted">{w("sessionAddress", { address: session.address })}</p>
        ) : null}
      </div>
      {session.current ? null : (
        <form action={endSession}>
          <input type="hidden" name="id" value={session.id} />
          <Button type="submit" size="sm">
            <span aria-hidden>{w("endSession")}</span>
            <span className="sr-only">{within(w("endSessionOf", { device, since: mark(0) }), since)}</span>
          </Button>
        </form>
      )}
    </li>
  );
}
