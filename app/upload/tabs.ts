/** Which tabs of this browser are alive, so that two of them never continue the same upload. No React. */
const lockOf = (id: string): string => `tintype-tab-${id}`;
const answerMs = 400;

export type Tab = { id: string; alive(): Promise<ReadonlySet<string>> };

/** A Web Lock ends with its tab even when the tab crashes. Plain http has none: there the tabs are asked. */
export function enterTab(id: string): Tab {
  if ("locks" in navigator) {
    // Held until the tab is gone.
    void navigator.locks.request(lockOf(id), () => new Promise<never>(() => undefined));
    return {
      id,
      alive: async () => {
        const { held = [] } = await navigator.locks.query();
        return new Set(held.flatMap((lock) => lock.name?.replace(/^tintype-tab-/, "") ?? []));
      },
    };
  }
  const channel = new BroadcastChannel("tintype-tabs");
  const heard = new Set<string>();
  channel.addEventListener("message", (event: MessageEvent<{ asks?: string; here?: string }>) => {
    if (event.data.here !== undefined) heard.add(event.data.here);
    if (event.data.asks !== undefined) channel.postMessage({ here: id });
  });
  return {
    id,
    alive: () =>
      new Promise((resolve) => {
        heard.clear();
        heard.add(id);
        channel.postMessage({ asks: id });
        setTimeout(() => resolve(new Set(heard)), answerMs);
      }),
  };
}
