"use client";
import { useActionState, useEffect, useRef } from "react";
import { Button } from "../../../_ui/button.tsx";
import { Field, SelectField } from "../../../_ui/field.tsx";
import { Notice } from "../../../_ui/notice.tsx";
import { type FormAction, type FormState, untouched } from "../../../(account)/_ui/form-state.ts";
import { changeUser, setAccess } from "../actions.ts";

export type ControlWords = Record<
  "role" | "quota" | "quotaHint" | "save" | "sending" | "disable" | "disableHint" | "enable" | "enableHint",
  string
>;

export type Changeable = {
  id: string;
  role: string;
  /** Empty where the role is not the viewer's to change. */
  roles: { value: string; label: string }[];
  quota: string;
  /** undefined where access is not the viewer's to change. */
  disabled: boolean | undefined;
};

/** What an administrator may change of one person: two forms, so that saving a role never shuts anyone out. */
export function UserControls({ user, w }: { user: Changeable; w: ControlWords }) {
  return (
    <div className="grid gap-6 border-t border-line pt-4 md:grid-cols-2">
      <RoleAndSpace user={user} w={w} />
      {user.disabled === undefined ? null : <Access id={user.id} disabled={user.disabled} w={w} />}
    </div>
  );
}

const Answer = ({ state }: { state: FormState }) =>
  state.notice ? <Notice tone={state.notice.tone}>{state.notice.text}</Notice> : null;

function RoleAndSpace({ user, w }: { user: Changeable; w: ControlWords }) {
  const [state, send, pending] = useActionState<FormState, FormData>(
    changeUser satisfies FormAction,
    untouched,
  );
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (state.answer > 0) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [state.answer]);
  return (
    <form ref={form} action={send} noValidate className="grid content-start gap-4">
      <Answer state={state} />
      <input type="hidden" name="id" value={user.id} />
      {user.roles.length === 0 ? null : (
        <SelectField
          key={`${user.role} ${state.answer}`}
          name="role"
          label={w.role}
          options={user.roles}
          defaultValue={user.role}
        />
      )}
      <Field
        name="quota"
        label={w.quota}
        hint={w.quotaHint}
        inputMode="decimal"
        error={state.errors?.quota}
        defaultValue={state.values?.quota ?? user.quota}
        autoComplete="off"
      />
      <Button type="submit" variant="primary" aria-disabled={pending} className="justify-self-start">
        {pending ? w.sending : w.save}
      </Button>
    </form>
  );
}

function Access({ id, disabled, w }: { id: string; disabled: boolean; w: ControlWords }) {
  const [state, send, pending] = useActionState<FormState, FormData>(
    setAccess satisfies FormAction,
    untouched,
  );
  return (
    <form action={send} className="grid content-start gap-3">
      <Answer state={state} />
      <input type="hidden" name="id" value={id} />
      <input type="hidden" name="access" value={disabled ? "enable" : "disable"} />
      <p className="text-sm text-muted">{disabled ? w.enableHint : w.disableHint}</p>
      <Button
        type="submit"
        variant={disabled ? "quiet" : "danger"}
        aria-disabled={pending}
        className="justify-self-start"
      >
        {disabled ? w.enable : w.disable}
      </Button>
    </form>
  );
}
