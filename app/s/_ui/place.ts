import type { Place } from "../../(gallery)/m/_ui/place.ts";

/** Withdrawn, expired, used up, or behind its door again: the page says which. */
const ended = new Set([401, 410]);

const query = (parts: Record<string, string | undefined>): string => {
  const said = Object.entries(parts).filter((part): part is [string, string] => Boolean(part[1]));
  return said.length === 0 ? "" : `?${new URLSearchParams(said).toString()}`;
};

/** A picture's page in a share; `album` is the name of the album it is seen in, "" in the share itself. */
export const sharedHref = (path: string, id: string, album: string): string =>
  `${path}/m/${id}${query({ in: album })}`;

/** Where a share keeps its pictures; the name of a list is that of an album in it. */
export const placeOf = (path: string): Place => ({
  picture: (id, album) => sharedHref(path, id, album),
  idIn: (pathname) => (pathname.startsWith(`${path}/m/`) ? pathname.slice(path.length + 3) : ""),
  around: (id, album, side) => `${path}/m/${id}/around${query({ in: album, side })}`,
  details: (id, album) => `${path}/m/${id}/details${query({ in: album })}`,
  original: (id, album) => `${path}/m/${id}/original${query({ in: album })}`,
  live: false,
  handsOn: false,
  refused: refusedBy,
});

/** A page that has been open for long is told by its first question that the link has ended. */
export function refusedBy(status: number): void {
  if (ended.has(status)) location.reload();
}
