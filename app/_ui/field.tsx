import clsx from "clsx";
import { type ComponentProps, type ReactNode, useId } from "react";

type Frame = { label: ReactNode; hint?: ReactNode; error?: ReactNode };

const control =
  "w-full min-h-10 rounded-md border bg-surface px-3 py-2 text-base text-ink placeholder:text-muted sm:text-sm " +
  "disabled:cursor-not-allowed disabled:opacity-60";
const edge = (error: ReactNode): string => (error ? "border-danger" : "border-line");

function Framed({ id, label, hint, error, children }: Frame & { id: string; children: ReactNode }) {
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children}
      {hint ? (
        <p id={`${id}-hint`} className="text-sm text-muted">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={`${id}-error`} className="text-sm text-danger">
          {error}
        </p>
      ) : null}
    </div>
  );
}

const described = (id: string, hint: ReactNode, error: ReactNode) => ({
  id,
  "aria-invalid": error ? true : undefined,
  "aria-describedby": clsx(hint && `${id}-hint`, error && `${id}-error`) || undefined,
});

/** A labelled input. `error` marks it invalid and is read out with it. */
export function Field({
  label,
  hint,
  error,
  className,
  id,
  ...rest
}: Frame & Omit<ComponentProps<"input">, "children">) {
  const made = useId();
  const own = id ?? made;
  return (
    <Framed id={own} label={label} hint={hint} error={error}>
      <input {...rest} {...described(own, hint, error)} className={clsx(control, edge(error), className)} />
    </Framed>
  );
}

/** A labelled text area of at least three lines. */
export function TextField({
  label,
  hint,
  error,
  className,
  id,
  ...rest
}: Frame & ComponentProps<"textarea">) {
  const made = useId();
  const own = id ?? made;
  return (
    <Framed id={own} label={label} hint={hint} error={error}>
      <textarea
        rows={3}
        {...rest}
        {...described(own, hint, error)}
        className={clsx(control, edge(error), className)}
      />
    </Framed>
  );
}

/** A labelled native select. */
export function SelectField({
  label,
  hint,
  error,
  className,
  id,
  options,
  ...rest
}: Frame &
  Omit<ComponentProps<"select">, "children"> & { options: readonly { value: string; label: string }[] }) {
  const made = useId();
  const own = id ?? made;
  return (
    <Framed id={own} label={label} hint={hint} error={error}>
      <select {...rest} {...described(own, hint, error)} className={clsx(control, edge(error), className)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Framed>
  );
}
