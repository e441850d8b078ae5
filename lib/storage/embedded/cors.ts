/** Cross-origin rules of a bucket: which pages may read the store's answers. They are no access control. */

import { S3Error } from "./s3-error.ts";
import { childrenOf, document, parseXml, textOf, textsOf, type XmlElement } from "./xml.ts";

export type CorsRule = {
  id?: string;
  origins: string[];
  methods: string[];
  headers: string[];
  expose: string[];
  maxAgeSeconds?: number;
};

const methods = ["GET", "PUT", "POST", "DELETE", "HEAD"];
const rulesMax = 100;
/** What decides the answer, so that no cache gives one origin's answer to another. */
export const corsVary = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

function checkedRule(element: XmlElement): CorsRule {
  const rule: CorsRule = {
    origins: textsOf(element, "AllowedOrigin"),
    methods: textsOf(element, "AllowedMethod"),
    headers: textsOf(element, "AllowedHeader"),
    expose: textsOf(element, "ExposeHeader"),
  };
  const id = textOf(element, "ID");
  if (id !== undefined) rule.id = id;
  const maxAge = textOf(element, "MaxAgeSeconds");
  if (maxAge !== undefined) {
    if (!/^\d{1,9}$/.test(maxAge)) throw new S3Error("MalformedXML", "MaxAgeSeconds must be a whole number.");
    rule.maxAgeSeconds = Number(maxAge);
  }
  if (rule.origins.length === 0 || rule.methods.length === 0)
    throw new S3Error("MalformedXML", "A CORS rule needs at least one AllowedOrigin and one AllowedMethod.");
  const wrong = rule.methods.find((method) => !methods.includes(method));
  if (wrong !== undefined)
    throw new S3Error(
      "InvalidRequest",
      `Found unsupported HTTP method in CORS config. Unsupported method is ${wrong}`,
    );
  for (const pattern of [...rule.origins, ...rule.headers])
    if (pattern.split("*").length > 2)
      throw new S3Error("InvalidRequest", `"${pattern}" can not have more than one wildcard.`);
  for (const name of rule.expose)
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
      throw new S3Error("InvalidRequest", `"${name}" is not the name of a header.`);
  return rule;
}

/** Reads a CORSConfiguration document. Refuses with MalformedXML or InvalidRequest. */
export function parseCors(xml: string): CorsRule[] {
  const rules = childrenOf(parseXml(xml, "CORSConfiguration"), "CORSRule");
  if (rules.length === 0 || rules.length > rulesMax)
    throw new S3Error("MalformedXML", `A CORS configuration has 1 to ${rulesMax} rules.`);
  return rules.map(checkedRule);
}

export const corsDocument = (rules: CorsRule[]): string =>
  document("CORSConfiguration", {
    CORSRule: rules.map((rule) => ({
      ID: rule.id,
      AllowedOrigin: rule.origins,
      AllowedMethod: rule.methods,
      AllowedHeader: rule.headers,
      ExposeHeader: rule.expose,
      MaxAgeSeconds: rule.maxAgeSeconds,
    })),
  });

function fits(pattern: string, value: string): boolean {
  const [head = "", tail] = pattern.split("*");
  if (tail === undefined) return pattern === value;
  return value.length >= head.length + tail.length && value.startsWith(head) && value.endsWith(tail);
}

const allowed = (rule: CorsRule, origin: string): string | undefined => {
  const pattern = rule.origins.find((one) => fits(one, origin));
  return pattern === undefined ? undefined : pattern === "*" ? "*" : origin;
};

/** Headers for an answer to a page of this origin; none when no rule names it. */
export function corsHeaders(
  rules: CorsRule[],
  origin: string | undefined,
  method: string,
): Record<string, string> {
  if (rules.length === 0) return {};
  const headers: Record<string, string> = { Vary: corsVary };
  if (origin === undefined) return headers;
  const rule = rules.find((one) => allowed(one, origin) !== undefined && one.methods.includes(method));
  if (rule === undefined) return headers;
  headers["Access-Control-Allow-Origin"] = allowed(rule, origin) ?? "";
  headers["Access-Control-Allow-Methods"] = rule.methods.join(", ");
  if (rule.expose.length > 0) headers["Access-Control-Expose-Headers"] = rule.expose.join(", ");
  return headers;
}

/** Headers that answer a preflight. Refuses with AccessForbidden when no rule allows what the page wants to do. */
export function preflightHeaders(
  rules: CorsRule[],
  asked: { origin: string | undefined; method: string | undefined; headers: string | undefined },
): Record<string, string> {
  const { origin, method } = asked;
  if (origin === undefined || method === undefined)
    throw new S3Error("InvalidRequest", "Insufficient information. Origin request header needed.");
  const wanted = (asked.headers ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const rule = rules.find(
    (one) =>
      allowed(one, origin) !== undefined &&
      one.methods.includes(method) &&
      wanted.every((name) => one.headers.some((pattern) => fits(pattern.toLowerCase(), name))),
  );
  if (rule === undefined)
    throw new S3Error("AccessForbidden", "CORSResponse: This CORS request is not allowed.", {
      headers: { Vary: corsVary },
    });
  return {
    Vary: corsVary,
    "Access-Control-Allow-Origin": allowed(rule, origin) ?? "",
    "Access-Control-Allow-Methods": rule.methods.join(", "),
    ...(wanted.length > 0 ? { "Access-Control-Allow-Headers": wanted.join(", ") } : {}),
    ...(rule.expose.length > 0 ? { "Access-Control-Expose-Headers": rule.expose.join(", ") } : {}),
    ...(rule.maxAgeSeconds === undefined ? {} : { "Access-Control-Max-Age": String(rule.maxAgeSeconds) }),
  };
}
