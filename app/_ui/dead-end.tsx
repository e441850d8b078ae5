"use client";
import w from "#lib/words/en/shared.json" with { type: "json" };
import { ButtonLink } from "./button.tsx";
import { Empty } from "./empty.tsx";
import { Page } from "./page.tsx";

const ends = {
  notFound: { title: w.notFoundTitle, text: w.notFoundText, href: "/", action: w.home },
  forbidden: { title: w.forbiddenTitle, text: w.forbiddenText, href: "/", action: w.home },
  unauthorized: { title: w.unauthorizedTitle, text: w.unauthorizedText, href: "/sign-in", action: w.signIn },
} as const;

/**
 * What stands where a page may not be shown. A client component, because Next sends what it is made of along with every
 * page, twice: as server components these three were a quarter of the gallery's HTML.
 */
export function DeadEnd({ kind }: { kind: keyof typeof ends }) {
  const { title, text, href, action } = ends[kind];
  return (
    <Page>
      {/* The first of two titles counts; what is missing says its own in its metadata. */}
      {kind === "notFound" ? null : <title>{title}</title>}
      <Empty
        level={1}
        title={title}
        text={text}
        action={
          <ButtonLink href={href} variant={kind === "unauthorized" ? "primary" : "quiet"}>
            {action}
          </ButtonLink>
        }
      />
    </Page>
  );
}
