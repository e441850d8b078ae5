import { redirect } from "next/navigation";
import { words } from "#lib/words.ts";
import { safeNext } from "../../_session/next-path.ts";
import { currentViewer } from "../../_session/viewer.ts";
import { AccountForm } from "../_ui/account-form.tsx";
import { Card } from "../_ui/card.tsx";
import { signIn } from "./actions.ts";

const w = words("account");

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const next = safeNext((await searchParams).next);
  if ((await currentViewer()) !== undefined) redirect(next);
  return (
    <Card title={w("signInTitle")}>
      <AccountForm
        action={signIn}
        hidden={{ next }}
        fields={[
          { name: "email", label: w("email"), type: "email", autoComplete: "username" },
          { name: "password", label: w("password"), type: "password", autoComplete: "current-password" },
        ]}
        submit={w("signInButton")}
        sending={w("sending")}
        showLabel={w("showPassword")}
        hideLabel={w("hidePassword")}
        wide
      />
      <div className="grid gap-1 border-t border-line pt-4 text-sm text-muted">
        <p>{w("signInForgot")}</p>
        <p>{w("signInNoAccount")}</p>
      </div>
    </Card>
  );
}
