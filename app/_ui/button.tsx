import Link from "next/link";
import type { ComponentProps } from "react";
import { type ButtonLook, buttonLook } from "./plain-button.tsx";

export { Button, type ButtonSize, type ButtonVariant } from "./plain-button.tsx";

export function ButtonLink({
  variant = "quiet",
  size = "md",
  className,
  ...rest
}: ButtonLook & ComponentProps<typeof Link>) {
  return <Link {...rest} className={buttonLook(variant, size, className)} />;
}
