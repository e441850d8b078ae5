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

export type DeadEndKind = keyof typeof kinds;

/** What stands where a page may not be shown; see dead-end.tsx. */
export default function DeadEndView({ kind }: { kind: DeadEndKind }) {
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
