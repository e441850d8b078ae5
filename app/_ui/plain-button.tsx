import clsx from "clsx";
import type { ComponentProps } from "react";

export type ButtonVariant = "primary" | "quiet" | "danger" | "plain";
export type ButtonSize = "md" | "sm";

/** An edge that is not seen becomes one where the system paints in its own few colours. */
const variants: Record<ButtonVariant, string> = {
  primary: "border border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  quiet: "border border-line bg-surface text-ink hover:bg-raised",
  danger: "border border-transparent bg-danger text-on-danger hover:opacity-90",
  plain: "border border-transparent text-ink hover:bg-raised",
};
const sizes: Record<ButtonSize, string> = {
  md: "min-h-10 px-4 text-sm",
  // A finger needs more than the 32 px a mouse is content with.
  sm: "min-h-8 px-3 text-sm pointer-coarse:min-h-10",
};

/** The classes of a button, for whatever else should look like one. */
export const buttonLook = (variant: ButtonVariant, size: ButtonSize = "md", className?: string): string =>
  clsx(
    "inline-flex shrink-0 items-center justify-center gap-2 rounded-md font-medium whitespace-nowrap no-underline print:hidden",
    "transition-colors disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:opacity-50",
    variants[variant],
    sizes[size],
    className,
  );

export type ButtonLook = { variant?: ButtonVariant; size?: ButtonSize };

/**
 * The gallery and what every page carries take this one from here: button.tsx brings the script of Next's links along,
 * 3 kB of it.
 */
export function Button({
  variant = "quiet",
  size = "md",
  className,
  ...rest
}: ButtonLook & ComponentProps<"button">) {
  return <button {...rest} className={buttonLook(variant, size, className)} />;
}
