import { type InviteState, type InviteView, readInvite } from "#lib/accounts.ts";
import { database } from "#lib/database.ts";
import { passwordMin } from "#lib/passwords.ts";
import { words } from "#lib/words.ts";
import { currentViewer } from "../../_session/viewer.ts";
import { ButtonLink } from "../../_ui/button.tsx";
import { Notice } from "../../_ui/notice.tsx";
import { acceptInvite } from "./accept-invite.ts";
import { AccountForm } from "./account-form.tsx";
import { Card } from "./card.tsx";

const w = words("account");

/** What a set-up or invitation link opens: the form for a new account, or why there is none. */
export async function Newcomer({ token, setup }: { token: string; setup: boolean }) {
  const offered = await readInvite(database().db, token);
  if (offered.state !== "open") return <LinkOver state={offered.state} setup={setup} />;
  return <Offer token={token} offered={offered} />;
}

async function Offer({ token, offered }: { token: string; offered: InviteView }) {
  const viewer = await currentViewer();
  const owner = offered.role === "owner";
  return (
    <Card
      title={w(owner ? "setupTitle" : "inviteTitle")}
      lead={owner ? w("setupLead") : w("inviteLead", { role: offered.role })}
    >
      {viewer ? <Notice tone="warn">{w("inviteSignedIn", { email: viewer.email })}</Notice> : null}
      <AccountForm
        action={acceptInvite}
        hidden={{ token }}
        fields={[
          { name: "name", label: w("name"), type: "text", autoComplete: "name", hint: w("nameHint") },
          {
            name: "email",
            label: w("email"),
            type: "email",
            autoComplete: "username",
            value: offered.email,
            fixed: offered.email !== undefined,
            hint: offered.email === undefined ? undefined : w("inviteEmailHint"),
          },
          {
            name: "password",
            label: w("password"),
            type: "password",
            autoComplete: "new-password",
            hint: w("passwordHint", { min: passwordMin }),
          },
        ]}
        submit={w(owner ? "setupButton" : "inviteButton")}
        sending={w("sending")}
        showLabel={w("showPassword")}
        hideLabel={w("hidePassword")}
        wide
      />
    </Card>
  );
}

function LinkOver({ state, setup }: { state: Exclude<InviteState, "open">; setup: boolean }) {
  return (
    <Card
      title={w("linkOver", { state })}
      lead={setup ? w("setupOverText", { state }) : w("inviteOverText", { state })}
    >
      {setup && state !== "used" ? (
        <code className="block overflow-x-auto rounded-md bg-raised px-3 py-2 text-sm">
          {w("setupCommand")}
        </code>
      ) : null}
      {state === "used" ? (
        <ButtonLink href="/sign-in" variant="primary">
          {w("signInButton")}
        </ButtonLink>
      ) : null}
    </Card>
  );
}
