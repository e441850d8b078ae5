/** Who uses this browser now, as the header says; "" for visitors. What is remembered for one is not shown to the next. */
export const whose = (): string => document.querySelector<HTMLElement>(".site-header")?.dataset.who ?? "";
