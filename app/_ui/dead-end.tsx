"use client";
import { ends } from "#lib/words/ends.ts";
import { ButtonLink } from "./button.tsx";
import { Empty } from "./empty.tsx";
import { Page } from "./page.tsx";

const kinds = {
  notFound: { href: "/", action: "home" },
  forbidden: { href: "/", action: "home" },
  unauthorized: { href: "/sign-in", action: "signIn" },
} as const;

/**
 * What stands where a page may not be shown. A client component, because Next sends what it is made of along with every
 * page, twice: as server components these three were a quarter of the gallery's HTML.
 */
export function DeadEnd({ kind }: { kind: keyof typeof kinds }) {
  const w = ends();
  const [title, text] = [w[`${kind}Title`], w[`${kind}Text`]];
  const { href, action } = kinds[kind];
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
            {w[action]}
          </ButtonLink>
        }
      />
    </Page>
  );
}
