import type { Metadata } from "next";
import { headers } from "next/headers";
import { type ReactNode, useId } from "react";
import { listSessions } from "#lib/auth.ts";
import { canUpload, type Viewer } from "#lib/media.ts";
import { passwordMin } from "#lib/passwords.ts";
import { perLocale, words } from "#lib/words.ts";
import { signOut } from "../../_session/actions.ts";
import { requireViewer } from "../../_session/viewer.ts";
import { Button, ButtonLink } from "../../_ui/button.tsx";
import { Page } from "../../_ui/page.tsx";
import { PageHeader } from "../../_ui/page-header.tsx";
import { AccountForm } from "../_ui/account-form.tsx";
import { roleName } from "../_ui/role-name.ts";
import { changePassword, saveName } from "./actions.ts";
import { Sessions } from "./sessions.tsx";

const w = words("account");

export const generateMetadata = (): Metadata => ({ title: w("accountTitle") });

export default async function AccountPage() {
  const viewer = await requireViewer("/account");
  const sessions = await listSessions(await headers());
  return (
    <Page width="narrow">
      <PageHeader
        title={w("accountTitle")}
        lead={`${viewer.email} · ${roleName(viewer.role)}`}
        actions={
          <form action={signOut}>
            <Button type="submit">{w("signOut")}</Button>
          </form>
        }
      />
      <div className="grid gap-12">
        <Section title={w("profileTitle")}>
          <Profile viewer={viewer} />
        </Section>
        <Section title={w("passwordTitle")} lead={w("passwordLead")}>
          <Password viewer={viewer} />
        </Section>
        <Section title={w("sessionsTitle")} lead={w("sessionsLead")}>
          <Sessions sessions={sessions} />
        </Section>
        {canUpload(viewer) ? (
          <Section title={w("trashTitle")} lead={w("trashSection")}>
            <ButtonLink href="/trash" className="justify-self-start">
              {w("trashOpen")}
            </ButtonLink>
          </Section>
        ) : null}
      </div>
    </Page>
  );
}

function Section({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="grid gap-4">
      <div className="border-b border-line pb-2">
        <h2 id={id} className="text-lg font-semibold">
          {title}
        </h2>
        {lead ? <p className="text-sm text-muted">{lead}</p> : null}
      </div>
      {children}
    </section>
  );
}

const labels = perLocale(() => ({
  sending: w("sending"),
  showLabel: w("showPassword"),
  hideLabel: w("hidePassword"),
}));

function Profile({ viewer }: { viewer: Viewer }) {
  return (
    <AccountForm
      {...labels()}
      action={saveName}
      fields={[
        {
          name: "name",
          label: w("name"),
          type: "text",
          autoComplete: "name",
          hint: w("nameHint"),
          value: viewer.name,
        },
      ]}
      submit={w("saveName")}
    />
  );
}

function Password({ viewer }: { viewer: Viewer }) {
  return (
    <AccountForm
      {...labels()}
      action={changePassword}
      username={viewer.email}
      fields={[
        {
          name: "current",
          label: w("currentPassword"),
          type: "password",
          autoComplete: "current-password",
        },
        {
          name: "next",
          label: w("newPassword"),
          type: "password",
          autoComplete: "new-password",
          hint: w("passwordHint", { min: passwordMin }),
        },
      ]}
      submit={w("changePassword")}
    />
  );
}
