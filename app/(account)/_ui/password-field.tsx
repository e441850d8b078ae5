"use client";
import { Eye, EyeOff } from "lucide-react";
import { type ComponentProps, useState, useSyncExternalStore } from "react";
import { Field } from "../../_ui/field.tsx";

const never = () => () => {};

/** A password that can be shown while it is typed. The button appears only where it works. */
export function PasswordField({
  showLabel,
  hideLabel,
  ...field
}: ComponentProps<typeof Field> & { showLabel: string; hideLabel: string }) {
  const [shown, setShown] = useState(false);
  const scripted = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  const Icon = shown ? EyeOff : Eye;
  return (
    <div className="relative">
      <Field
        {...field}
        type={shown ? "text" : "password"}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        className="pe-12"
      />
      {scripted ? (
        <button
          type="button"
          aria-label={shown ? hideLabel : showLabel}
          onClick={() => setShown(!shown)}
          className="absolute top-[1.625rem] end-0 inline-flex size-10 items-center justify-center rounded-md text-muted hover:text-ink"
        >
          <Icon aria-hidden className="size-4" />
        </button>
      ) : null}
    </div>
  );
}
