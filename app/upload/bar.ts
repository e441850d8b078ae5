/** A native progress element, dressed. It has no transition: it is set sixty times a second as it is. */
export const bar =
  "block w-full appearance-none overflow-hidden rounded-full border-0 bg-raised " +
  "[&::-webkit-progress-bar]:bg-raised [&::-webkit-progress-value]:bg-accent [&::-moz-progress-bar]:bg-accent";
