import { database } from "#lib/database.ts";
import { structuredDataOf } from "#lib/open-web/structured.ts";

/** What search engines read of a public picture. Data, not a script: nothing runs, and the policy has no say in it. */
export async function StructuredData({ id }: { id: string }) {
  const text = await structuredDataOf(database().db, id);
  return text === undefined ? null : (
    // biome-ignore lint/security/noDangerouslySetInnerHtml: JSON without "<"; React would escape its quotes
    <script type="application/ld+json" dangerouslySetInnerHTML={{ __html: text }} />
  );
}
