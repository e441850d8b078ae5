import type { Metadata } from "next";
import Form from "next/form";
import { type ReactNode, useId } from "react";
import { listInvites, listUsers, rolesFor } from "#lib/accounts.ts";
import { database } from "#lib/database.ts";
import type { Role, Viewer } from "#lib/media.ts";
import { perLocale, words } from "#lib/words.ts";
import { requireAdmin } from "../../_session/viewer.ts";
import { Button, ButtonLink } from "../../_ui/button.tsx";
import { Empty } from "../../_ui/empty.tsx";
import { Field } from "../../_ui/field.tsx";
import { Page } from "../../_ui/page.tsx";
import { PageHeader } from "../../_ui/page-header.tsx";
import { InviteForm } from "./_ui/invite-form.tsx";
import { OpenInvites } from "./_ui/open-invites.tsx";
import { UserLine } from "./_ui/user-line.tsx";

const w = words("account");
const here = "/admin/users";
const inviteId = "invite";
const textMax = 100;

export const generateMetadata = (): Metadata => ({ title: w("peopleTitle") });

type Query = Record<string, string | string[] | undefined>;
const only = (value: string | string[] | undefined): string | undefined =>
  typeof value === "string" && value.length <= 254 ? value.replaceAll("\0", "") : undefined;

export default async function PeoplePage({ searchParams }: { searchParams: Promise<Query> }) {
  const viewer = await requireAdmin(here);
  const query = await searchParams;
  const text = only(query.q)?.trim().slice(0, textMax) ?? "";
  const { db } = database();
  const [page, invites] = await Promise.all([
    listUsers(db, { viewer, text, after: only(query.after) }),
    listInvites(db, { viewer }),
  ]);
  return (
    <Page className="!max-w-4xl">
      <PageHeader
        title={w("peopleTitle")}
        lead={w("peopleLead", { n: page.total })}
        actions={
          <ButtonLink href={`#${inviteId}`} variant="primary">
            {w("inviteSectionTitle")}
          </ButtonLink>
        }
      />
      <div className="grid gap-10">
        <div className="grid gap-4">
          <Search text={text} />
          {page.users.length === 0 ? (
            <Empty title={w("peopleNone")} text={w("peopleNoneText", { text })} />
          ) : (
            <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
              {page.users.map((user) => (
                <UserLine key={user.id} user={user} viewer={viewer} />
              ))}
            </ul>
          )}
          <Pages text={text} next={page.next} first={only(query.after) !== undefined} />
        </div>
        <Section id={inviteId} title={w("inviteSectionTitle")} lead={w("inviteSectionLead")}>
          <Invite viewer={viewer} />
        </Section>
        {invites.length === 0 ? null : (
          <Section title={w("openInvites")}>
            <OpenInvites invites={invites} viewer={viewer} />
          </Section>
        )}
      </div>
    </Page>
  );
}

function Section({
  id,
  title,
  lead,
  children,
}: {
  id?: string;
  title: string;
  lead?: string;
  children: ReactNode;
}) {
  const heading = useId();
  return (
    <section id={id} aria-labelledby={heading} className="grid scroll-mt-20 gap-4">
      <div>
        <h2 id={heading} className="text-lg font-semibold">
          {title}
        </h2>
        {lead ? <p className="text-sm text-muted">{lead}</p> : null}
      </div>
      {children}
    </section>
  );
}

function Search({ text }: { text: string }) {
  return (
    <Form action={here} role="search" className="flex flex-wrap items-end gap-2">
      <div className="min-w-0 flex-1 basis-48 sm:max-w-xs">
        <Field name="q" type="search" label={w("peopleSearch")} defaultValue={text} key={text} />
      </div>
      <Button type="submit">{w("peopleSearchButton")}</Button>
      {text === "" ? null : (
        <ButtonLink href={here} variant="plain">
          {w("peopleClear")}
        </ButtonLink>
      )}
    </Form>
  );
}

function Pages({ text, next, first }: { text: string; next: string | undefined; first: boolean }) {
  const address = (after?: string): string => {
    const query = new URLSearchParams({
      ...(text === "" ? {} : { q: text }),
      ...(after === undefined ? {} : { after }),
    });
    return query.size === 0 ? here : `${here}?${query}`;
  };
  if (next === undefined && !first) return null;
  return (
    <div className="flex justify-end gap-2">
      {first ? <ButtonLink href={address()}>{w("peopleFirst")}</ButtonLink> : null}
      {next === undefined ? null : <ButtonLink href={address(next)}>{w("peopleNext")}</ButtonLink>}
    </div>
  );
}

const roleHints = perLocale(
  (): Record<Exclude<Role, "owner">, string> => ({
    admin: w("roleAdminHint"),
    member: w("roleMemberHint"),
    viewer: w("roleViewerHint"),
  }),
);

function Invite({ viewer }: { viewer: Viewer }) {
  return (
    <InviteForm
      roles={rolesFor(viewer).flatMap((role) =>
        role === "owner" ? [] : [{ value: role, label: roleHints()[role] }],
      )}
      w={{
        email: w("inviteEmail"),
        emailHint: w("inviteEmailOnly"),
        role: w("inviteRole"),
        create: w("inviteCreate"),
        sending: w("sending"),
        link: w("inviteLink"),
        linkHint: w("inviteLinkHint"),
        copy: w("copy"),
        copied: w("copied"),
      }}
    />
  );
}
