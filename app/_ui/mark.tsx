/** A plate with a clipped corner: how tintypes were cut. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" className={className}>
      <path
        d="M4 3h12.5L20 6.5V21H4z"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinejoin="round"
      />
      <path
        d="M5 18.5l4.8-5.5 3.2 3.2 2.2-2.2 4 4.2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinejoin="round"
      />
      <circle cx="14.5" cy="9" r="1.75" fill="currentColor" />
    </svg>
  );
}
