import { Search } from "lucide-react";

/** The sign in a search box. */
export const SearchSign = () => (
  <Search aria-hidden className="pointer-events-none absolute start-3 size-4 text-muted" />
);
