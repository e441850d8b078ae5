"use client";
import Form from "next/form";
import { type ComponentProps, useEffect, useRef } from "react";

/** A GET form whose address names only what was filled in; without JavaScript it names the rest as empty. */
export function QueryForm(props: ComponentProps<typeof Form> & { action: string }) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const tidy = ({ formData }: FormDataEvent): void => {
      for (const [name, value] of Array.from(formData)) if (value === "") formData.delete(name);
    };
    const element = form.current;
    element?.addEventListener("formdata", tidy);
    return () => element?.removeEventListener("formdata", tidy);
  }, []);
  return <Form {...props} ref={form} />;
}
