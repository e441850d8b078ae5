import type { Metadata } from "next";
import { headers } from "next/headers";
import { cache } from "react";
import { bytesInWords } from "#app/_ui/bytes.ts";
import { Notice } from "#app/_ui/notice.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { UploadDesk } from "#app/upload/upload-form.tsx";
import { sayStatus } from "#lib/answer.ts";
import { database } from "#lib/database.ts";
import { settings } from "#lib/env.ts";
import { guestFate, guestLeft } from "#lib/shares/guest.ts";
import { lookAt } from "#lib/shares/open.ts";
import { visitorOf } from "#lib/shares/visitor.ts";
import { words } from "#lib/words.ts";
import { Ended, endTitle } from "../../s/_ui/frame.tsx";
import { GuestDoor } from "../_ui/guest-door.tsx";

const w = words("share");

const load = cache(async (token: string) =>
  lookAt(database().db, token, visitorOf(await headers()), "guest"),
);

export async function generateMetadata({ params }: PageProps<"/guest/[token]">): Promise<Metadata> {
  const answer = await load((await params).token);
  if (answer.state !== "open" && answer.state !== "door")
    return { title: endTitle(answer.state), description: "" };
  // Without a referrer a browser does not say which site a form comes from, and the door is a form.
  return {
    title: w("guestTitle"),
    description: "",
    ...(answer.state === "door" ? { referrer: "same-origin" } : {}),
  };
}

export default async function GuestPage({ params }: PageProps<"/guest/[token]">) {
  const { token } = await params;
  const answer = await load(token);
  if (answer.state !== "open" && answer.state !== "door") {
    sayStatus(answer.state === "unknown" ? 404 : 410);
    return <Ended state={answer.state} />;
  }
  const { share } = answer;
  if (answer.state === "door") {
    sayStatus(401);
    return (
      <Page className="grid !max-w-md content-start gap-6 !py-10 sm:!py-16">
        <div className="grid gap-2">
          <h1 className="text-2xl font-semibold tracking-tight text-balance">{w("guestTitle")}</h1>
          <p className="text-muted text-pretty">{w("guestText")}</p>
        </div>
        <GuestDoor token={token} needsPassword={answer.needsPassword} />
      </Page>
    );
  }
  const { db } = database();
  const [left, fate] = await Promise.all([guestLeft(db, share), guestFate(db, answer.share.visit)]);
  const sent = fate.waiting + fate.taken + fate.refused;
  const full = left.files === 0 || left.bytes === 0;
  return (
    <Page width="wide">
      <PageHeader
        title={w("guestTitle")}
        lead={[
          w("guestLead"),
          full ? "" : w("guestLeft", { n: left.files, bytes: bytesInWords(left.bytes) }),
        ].join(" ")}
      />
      <UploadDesk
        // What this browser remembers of unfinished files is kept apart for each link.
        owner={`guest ${share.id}`}
        most={{
          bytesMax: Math.min(settings().uploads.bytesMax, share.bytesMax ?? 0),
          videoBytesMax: Math.min(settings().uploads.videoBytesMax, share.bytesMax ?? 0),
        }}
        guest={{
          base: `/guest/${encodeURIComponent(token)}/uploads`,
          thanks: w("guestThanks"),
          sent:
            sent === 0 ? null : (
              <Notice tone={fate.waiting === 0 ? "good" : "info"} title={w("guestSent", { n: sent })}>
                {[
                  fate.waiting === 0 ? "" : w("guestWaiting", { n: fate.waiting }),
                  fate.taken === 0 ? "" : w("guestTaken", { n: fate.taken }),
                  fate.refused === 0 ? "" : w("guestRefused", { n: fate.refused }),
                ]
                  .filter((part) => part !== "")
                  .join(" ")}
              </Notice>
            ),
          full: full ? (
            <Notice tone="warn" title={w("guestFullTitle")}>
              {w("guestFullText")}
            </Notice>
          ) : undefined,
        }}
      />
    </Page>
  );
}
