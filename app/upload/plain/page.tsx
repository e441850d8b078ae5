import type { Metadata } from "next";
import { requireViewer } from "#app/_session/viewer.ts";
import { Button, ButtonLink } from "#app/_ui/button.tsx";
import { Empty } from "#app/_ui/empty.tsx";
import { Field } from "#app/_ui/field.tsx";
import { Notice } from "#app/_ui/notice.tsx";
import { Page } from "#app/_ui/page.tsx";
import { PageHeader } from "#app/_ui/page-header.tsx";
import { database } from "#lib/database.ts";
import { canUpload, limits, type UploadView } from "#lib/media.ts";
import { storage } from "#lib/storage/current.ts";
import { openForms, takesForms } from "#lib/uploads/plain.ts";
import { words } from "#lib/words.ts";
import { begin, discard } from "./actions.ts";

const w = words("plain");

export const generateMetadata = (): Metadata => ({ title: w("title") });

const problems = new Map<string, Parameters<typeof w>[0]>([
  ["quota_exceeded", "problemQuota"],
  ["too_many_in_flight", "problemOpen"],
  ["daily_limit", "problemDay"],
  ["rate_limited", "problemRate"],
  ["conflict", "problemForms"],
]);

/** Where a browser without JavaScript begins: one picture, one form. */
export default async function PlainUploadPage({ searchParams }: PageProps<"/upload/plain">) {
  const viewer = await requireViewer("/upload/plain");
  const u = words("upload");
  if (!canUpload(viewer))
    return (
      <Page>
        <Empty
          level={1}
          title={u("lookOnlyTitle")}
          text={u("lookOnlyText")}
          action={<ButtonLink href="/">{u("lookOnlyAction")}</ButtonLink>}
        />
      </Page>
    );
  if (!(await takesForms(storage())))
    return (
      <Page>
        <Empty
          level={1}
          title={w("noFormsTitle")}
          text={w("noFormsText")}
          action={<ButtonLink href="/upload">{w("toUpload")}</ButtonLink>}
        />
      </Page>
    );
  const { said } = await searchParams;
  const problem = problems.get(String(said));
  const open = await openForms(database().db, { viewer });
  return (
    <Page className="grid !max-w-2xl content-start gap-6">
      <PageHeader title={w("title")} lead={w("lead")} />
      {problem === undefined ? null : <Notice tone="bad">{w(problem)}</Notice>}
      {said === "discarded" ? <Notice tone="good">{w("discarded")}</Notice> : null}
      <form action={begin} className="grid gap-5 rounded-lg border border-line bg-surface p-4 sm:p-6">
        <Field
          name="name"
          label={w("name")}
          hint={w("nameHint")}
          maxLength={limits.filenameMax}
          autoComplete="off"
        />
        <Button variant="primary" className="justify-self-start">
          {w("begin")}
        </Button>
      </form>
      {open.length > 0 ? <OpenForms open={open} /> : null}
      <p className="text-sm text-muted">
        {w("withScript")}{" "}
        <a href="/upload" className="text-accent underline">
          {w("withScriptLink")}
        </a>
      </p>
    </Page>
  );
}

function OpenForms({ open }: { open: UploadView[] }) {
  return (
    <section aria-labelledby="open-forms" className="grid gap-3">
      <h2 id="open-forms" className="font-semibold">
        {w("openTitle")}
      </h2>
      <p className="text-sm text-muted">{w("openText")}</p>
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
        {open.map(({ id, filename }) => (
          <li key={id} className="flex flex-wrap items-center justify-between gap-2 px-4 py-2">
            <a href={`/upload/plain/${id}`} className="min-w-0 text-accent underline wrap-anywhere">
              {w("goOn", { name: filename })}
            </a>
            <form action={discard}>
              <input type="hidden" name="id" value={id} />
              <Button size="sm" variant="plain" className="!whitespace-normal">
                {w("discard", { name: filename })}
              </Button>
            </form>
          </li>
        ))}
      </ul>
    </section>
  );
}
