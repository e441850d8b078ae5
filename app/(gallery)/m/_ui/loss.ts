/** The link by which a click takes this tab to another page of the site; what is kept in the tab is there as well. */
const isWithin = (event: MouseEvent): boolean => {
  const { target } = event;
  const link = target instanceof Element ? target.closest<HTMLAnchorElement>("a[href]") : null;
  if (link === null || event.defaultPrevented || event.button !== 0) return false;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return false;
  return (
    link.origin === location.origin &&
    (link.target === "" || link.target === "_self") &&
    !link.hasAttribute("download")
  );
};

/** Asks before what is kept in this tab goes with it: not on the way to another page of the site. Returns what ends it. */
export function askBeforeLoss(): () => void {
  let within = false;
  const click = (event: MouseEvent): void => {
    within = isWithin(event);
  };
  // Whoever did something else since then has not gone there.
  const other = (): void => {
    within = false;
  };
  const ask = (event: BeforeUnloadEvent): void => {
    if (!within) event.preventDefault();
  };
  window.addEventListener("click", click);
  window.addEventListener("pointerdown", other, true);
  window.addEventListener("keydown", other, true);
  window.addEventListener("beforeunload", ask);
  return () => {
    window.removeEventListener("click", click);
    window.removeEventListener("pointerdown", other, true);
    window.removeEventListener("keydown", other, true);
    window.removeEventListener("beforeunload", ask);
  };
}
