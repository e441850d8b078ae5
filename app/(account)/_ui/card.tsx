import type { ReactNode } from "react";
import { Page } from "../../_ui/page.tsx";

/** A page that is about one small thing: its heading, a line about it, and the thing. */
export function Card({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  return (
    <Page className="grid !max-w-md content-start gap-6 !py-10 sm:!py-16">
      <title>{title}</title>
      <div className="grid gap-2">
        <h1 className="text-2xl font-semibold tracking-tight text-balance">{title}</h1>
        {lead ? <p className="text-muted text-pretty">{lead}</p> : null}
      </div>
      {children}
    </Page>
  );
}
