import { Button, ButtonLink } from "#app/_ui/button.tsx";
import { Field } from "#app/_ui/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { settings } from "#lib/env.ts";
import type { PlainForm } from "#lib/uploads/plain.ts";
import { words } from "#lib/words.ts";
import { size } from "../amounts.ts";
import { accepted } from "../judge.ts";
import { discard } from "./actions.ts";

const w = words("plain");

/** The form that the browser sends to the bucket itself: the fields of its policy as they stand, the file last. */
export function SendForm(props: {
  form: PlainForm;
  looked: "absent" | "unknown";
  sent: boolean;
  here: string;
}) {
  const { form, looked, sent, here } = props;
  const { bytesMax } = settings().uploads;
  if (looked === "unknown")
    return (
      <>
        <PageHeader title={w("unknownTitle")} lead={w("unknownText")} />
        <ButtonLink href={here} variant="primary" prefetch={false} className="justify-self-start">
          {w("lookAgain")}
        </ButtonLink>
      </>
    );
  const accepts = words("upload")("accepts", { size: size(bytesMax), video: size(bytesMax) });
  const hint = [
    w("fileHint", { accepts }),
    form.bytesMax < bytesMax ? w("room", { size: size(form.bytesMax) }) : "",
  ];
  const minutes = Math.floor((form.expiresAt.getTime() - Date.now()) / 60_000);
  return (
    <>
      <PageHeader title={w("chooseTitle")} lead={w("chooseLead")} />
      {sent ? <Notice tone="warn">{w("absent")}</Notice> : null}
      <form
        action={form.url}
        method="post"
        encType="multipart/form-data"
        className="grid gap-5 rounded-lg border border-line bg-surface p-4 sm:p-6"
      >
        {Object.entries(form.fields).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <Field name="file" type="file" label={w("file")} hint={hint.join(" ")} accept={accepted} required />
        <Button variant="primary" className="justify-self-start">
          {w("send")}
        </Button>
        <p className="text-sm text-muted text-pretty">{w("sendHint", { minutes })}</p>
      </form>
      <details className="rounded-lg border border-line px-4 py-3 text-sm">
        <summary className="cursor-pointer font-medium">{w("codeTitle")}</summary>
        <p className="mt-2 text-pretty">{w("codeText")}</p>
        <dl className="mt-3 grid gap-x-4 gap-y-1 sm:grid-cols-[auto_1fr]">
          <dt className="font-mono">EntityTooLarge</dt>
          <dd>{w("codeTooLarge", { size: size(form.bytesMax) })}</dd>
          <dt className="font-mono">EntityTooSmall</dt>
          <dd>{w("codeTooSmall")}</dd>
          <dt className="font-mono">AccessDenied</dt>
          <dd>{w("codeDenied")}</dd>
        </dl>
        <p className="mt-3">{w("codeOther")}</p>
      </details>
      <form action={discard}>
        <input type="hidden" name="id" value={form.id} />
        <Button variant="plain" size="sm">
          {w("discardThis")}
        </Button>
      </form>
    </>
  );
}
