import { words } from "#lib/words.ts";

const w = words("admin");

/** What a choice of owners offers. Two people may share a name; then the address tells them apart. */
export function ownerOptions(
  owners: { id: string; name: string; email: string }[],
): { value: string; label: string }[] {
  const times = Map.groupBy(owners, (owner) => owner.name);
  return [
    { value: "", label: w("ownerAny") },
    ...owners.map(({ id, name, email }) => ({
      value: id,
      label: (times.get(name)?.length ?? 0) > 1 ? `${name} (${email})` : name,
    })),
  ];
}
