import type { ReactNode } from "react";

/** What a list shows when there is nothing in it: what it would hold, and what to do about it. */
export function Empty({
  title,
  text,
  action,
  level = 2,
}: {
  title: ReactNode;
  text: ReactNode;
  action?: ReactNode;
  /** 1 where this is all the page has to say. */
  level?: 1 | 2;
}) {
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <div className="mx-auto grid max-w-md justify-items-center gap-4 px-4 py-16 text-center sm:py-24">
      <svg viewBox="0 0 64 48" aria-hidden="true" className="h-12 w-16 text-muted">
        <rect
          x="1.5"
          y="1.5"
          width="61"
          height="45"
          rx="4"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
        />
        <circle cx="46" cy="15" r="5" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path
          d="M2 40l18-17 12 11 8-7 22 18"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.5"
          strokeLinejoin="round"
        />
      </svg>
      <Heading className="text-lg font-semibold text-balance">{title}</Heading>
      <p className="text-muted text-pretty">{text}</p>
      {action ? <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div> : null}
    </div>
  );
}
