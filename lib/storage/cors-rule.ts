/** The one CORS rule a bucket needs, for whoever sets it: a start, `provision`, or a person who is told what to set. */
import type { CorsRule } from "./port.ts";

/** Two galleries in one bucket, each at its own location, keep rules of their own. */
export const ruleId = (name: string, location: string): string =>
  location === "" ? name : `${name}:${location.replace(/\/$/, "")}`;

/** Browsers send uploads whole or in parts, and read pictures for a canvas and fonts for a page. */
export const corsRule = (location: string, origins: readonly string[]): CorsRule => ({
  id: ruleId("tintype", location),
  origins: [...origins],
  methods: ["POST", "PUT", "GET", "HEAD"],
  headers: ["*"],
  // Without it a page cannot read what it needs to put the parts of an upload together.
  expose: ["ETag"],
  maxAgeSeconds: 3600,
});

const same = (a: readonly string[], b: readonly string[]): boolean =>
  [...a].sort().join("\n") === [...b].sort().join("\n");

/** Whether both allow the same, whatever they are called and in whatever order. */
export const isSameCors = (a: CorsRule, b: CorsRule): boolean =>
  same(a.origins, b.origins) &&
  same(a.methods, b.methods) &&
  same(a.headers, b.headers) &&
  same(a.expose, b.expose) &&
  a.maxAgeSeconds === b.maxAgeSeconds;
