/** Whether a link leads to the page at `path`, or to what that is part of; the gallery is current at its root only. */
export const isCurrent = (href: string, path: string): boolean =>
  href === "/" ? path === "/" : path === href || path.startsWith(`${href}/`);
