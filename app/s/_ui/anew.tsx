"use client";
import { useEffect } from "react";

/** Asks for the page at this address from the server. */
export function Anew() {
  useEffect(() => location.reload(), []);
  return null;
}
