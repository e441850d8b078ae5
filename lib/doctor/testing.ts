/**
 * A real proxy in front of a real store that gets in the way: it refuses, changes or loses what passes through. For
 * the faults that the store in the tests cannot show by itself, such as policies, lifecycle rules and other regions.
 */
import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { BucketSettings } from "#lib/env.ts";
import { parseSettings } from "#lib/env.ts";
import type { TestStore } from "#lib/testing.ts";
import { diagnose, type Finding, type ProbeId, type Subject } from "./index.ts";

export type Passing = {
  method: string;
  /** Below the bucket; "" for the bucket itself. */
  key: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Signed in some way. */
  signed: boolean;
};
export type Reply = { status: number; headers?: Record<string, string | undefined>; body?: string };
export type Fault = {
  /** Answers instead of the store, or ends the connection. */
  instead?: (request: Passing) => Reply | "hang up" | undefined;
  /** Changes what the store answered; a header set to undefined is taken off. */
  after?: (
    request: Passing,
    reply: { status: number; headers: IncomingHttpHeaders },
  ) => Partial<Reply> | undefined;
};

/** A refusal in S3's own words. */
export const refused = (status: number, code: string, message = ""): Reply => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
});
export const denied = refused(403, "AccessDenied", "Access Denied");
export const xml = (body: string): Reply => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body,
});

export type Proxy = { url: string; fault: Fault; close(): Promise<void> };

/** Starts a proxy to the store; `fault` may be exchanged at any time. */
export async function proxyTo(bucket: BucketSettings, fault: Fault = {}): Promise<Proxy> {
  const target = new URL(bucket.endpoint ?? "");
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", target);
    const asked: Passing = {
      method: request.method ?? "GET",
      key: decodeURIComponent(url.pathname).replace(`/${bucket.bucket}`, "").replace(/^\//, ""),
      query: url.searchParams,
      headers: request.headers,
      signed: request.headers.authorization !== undefined || url.searchParams.has("X-Amz-Signature"),
    };
    const instead = proxy.fault.instead?.(asked);
    if (instead === "hang up") {
      response.destroy();
      return;
    }
    if (instead !== undefined) {
      request.resume().on("end", () => {
        response.writeHead(instead.status, clean(instead.headers ?? {}));
        response.end(asked.method === "HEAD" ? undefined : instead.body);
      });
      return;
    }
    const onward = httpRequest(
      target,
      { method: request.method, path: request.url, headers: request.headers, agent: false },
      (answer) => {
        const { statusCode: status = 0, headers } = answer;
        const change = proxy.fault.after?.(asked, { status, headers }) ?? {};
        const sent = clean({ ...headers, ...change.headers });
        if (change.body !== undefined) {
          delete sent["content-length"];
          answer.resume();
        }
        response.writeHead(change.status ?? status, sent);
        if (change.body === undefined) answer.pipe(response);
        else response.end(change.body);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: Proxy = {
    url: `http://127.0.0.1:${port}`,
    fault,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

const clean = (headers: Record<string, string | string[] | undefined>): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** A subject around a bucket, as the settings of a small site would make it. */
export function subjectOf(bucket: BucketSettings, change: Partial<Subject> = {}): Subject {
  return { ...parseSettings({}), origins: ["http://localhost:3000"], db: undefined, bucket, ...change };
}

export type Examined = {
  findings: Finding[];
  of(id: ProbeId): Finding;
  /** The probes with this verdict. */
  ids(verdict: Finding["verdict"]): ProbeId[];
};

export async function examined(subject: Subject): Promise<Examined> {
  const findings: Finding[] = [];
  for await (const finding of diagnose(subject)) findings.push(finding);
  return {
    findings,
    of(id) {
      const found = findings.find((finding) => finding.id === id);
      if (found === undefined) throw new Error(`There is no finding ${id}.`);
      return found;
    },
    ids: (verdict) => findings.filter((finding) => finding.verdict === verdict).map(({ id }) => id),
  };
}

/** Examines a store through a proxy with this fault. */
export async function examinedWith(
  store: TestStore,
  fault: Fault,
  change: Partial<Subject> = {},
): Promise<Examined> {
  const proxy = await proxyTo(store.bucket, fault);
  try {
    const bucket = { ...store.bucket, endpoint: proxy.url, publicEndpoint: proxy.url, ...change.bucket };
    return await examined(subjectOf(bucket, { ...change, bucket }));
  } finally {
    await proxy.close();
  }
}

/** Every key that is in the bucket. */
export async function keysIn({ storage }: TestStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list("")) keys.push(key);
  return keys;
}
