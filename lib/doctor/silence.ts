/** Why nothing answered at an address, and what to change: for the address from here and for that of browsers. */
import { lookup } from "node:dns/promises";
import { connect, type TLSSocket } from "node:tls";
import { agentOptions } from "../storage/s3/connection.ts";
import { run, set, spoken } from "./advice.ts";
import { NoAnswer } from "./ask.ts";
import type { Change, Outcome } from "./finding.ts";
import { fail, warn } from "./probe.ts";

const lookupMsMax = 8_000;
const certificateMsMin = 14 * 86_400_000;
const connectMsMax = 8_000;

/** Where an address comes from, so that the right variable is named. */
export type Place = {
  url: string;
  variable: "S3_ENDPOINT" | "S3_PUBLIC_ENDPOINT" | "MEDIA_PUBLIC_BASE_URL";
  given: boolean;
  /** An address that may well be the right one. */
  better?: string;
};

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");

const chooseAddress = ({ variable, given, url, better = "https://s3.example.com" }: Place): Change =>
  given
    ? set(
        `Put the store's real address into ${variable} (scheme, host and port only), or start what should answer there:`,
        {
          [variable]: better,
        },
      )
    : run(
        "Check S3_REGION and that this machine may reach AWS (name server, route, firewall, proxy).",
        `curl -sS -o /dev/null -w '%{http_code}\\n' ${url}/`,
      );

/** A proxy of the environment looks names up itself. */
export const isProxied = (url: string): boolean => {
  const name = new URL(url).protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const set = [name, name.toLowerCase()].some((one) => (process.env[one] ?? "") !== "");
  return set && agentOptions(url).proxyEnv !== undefined;
};

/** A name that cannot be looked up, told apart from a port where nothing listens. */
export async function unresolved(place: Place): Promise<Outcome | undefined> {
  const host = hostOf(place.url);
  if (isProxied(place.url)) return undefined;
  const timer = Promise.withResolvers<never>();
  const timeout = setTimeout(() => timer.reject(new NoAnswer("ETIMEOUT", "too slow")), lookupMsMax);
  try {
    await Promise.race([lookup(host), timer.promise]);
    return undefined;
  } catch {
    // Whatever the resolver's reason is, the name leads nowhere from here.
    const change = chooseAddress(place);
    const dotted = host.split(".").length > 3 && place.given;
    return fail(
      `The name ${host} cannot be looked up from this machine.`,
      dotted
        ? {
            say: `${change.say} If only the bucket's name in front of the host is the trouble, let the bucket be named in the path:`,
            run: `${change.run ?? ""}\nS3_FORCE_PATH_STYLE=true`,
          }
        : change,
    );
  } finally {
    clearTimeout(timeout);
  }
}

const trust = (place: Place): Change =>
  run(
    "If the store is your own, let Node trust the authority that signed its certificate (a PEM file), then restart:",
    "NODE_EXTRA_CA_CERTS=/etc/ssl/your-authority.pem",
    `# to see the certificate: openssl s_client -connect ${new URL(place.url).host}${new URL(place.url).port === "" ? ":443" : ""} -showcerts </dev/null`,
  );

/** What a request that got no answer means. */
export function unanswered(place: Place, error: NoAnswer): Outcome {
  const at = new URL(place.url).host;
  const { code } = error;
  if (/ECONNREFUSED/.test(code))
    return fail(`Nothing listens at ${at} (ECONNREFUSED).`, chooseAddress(place));
  if (/TIMEDOUT|TIMEOUT|TimeoutError|AbortError|UNREACH/i.test(code))
    return fail(`${at} does not answer within ten seconds (${code}).`, {
      ...chooseAddress(place),
      say: `Let the firewall between this machine and ${at} pass, or correct the address:`,
    });
  if (/WRONG_VERSION_NUMBER|EPROTO|ERR_SSL/.test(code))
    return fail(
      `What answers at ${at} does not speak https.`,
      set("If the store really has no certificate, on a network you trust, say so; better, give it one:", {
        [place.variable]: `http://${at}`,
        S3_ALLOW_HTTP: "true",
      }),
    );
  if (/ALTNAME/.test(code))
    return fail(`The certificate of ${at} is for another name.`, {
      say: `Use the name that the certificate has, in ${place.variable}. If it has the endpoint's name but not the bucket's in front of it, let the bucket be named in the path:`,
      run: "S3_FORCE_PATH_STYLE=true",
    });
  if (/EXPIRED/.test(code))
    return fail(`The certificate of ${at} has expired.`, {
      say: `Renew the certificate of ${at}.`,
      run: `openssl s_client -connect ${at} </dev/null | openssl x509 -noout -dates`,
    });
  if (/SELF_SIGNED|UNABLE_TO|CERT_/.test(code))
    return fail(`The certificate of ${at} is not trusted (${code}).`, trust(place));
  if (/ECONNRESET|EPIPE|HPE_|socket/i.test(code))
    return fail(
      `${at} ends the connection without an answer (${code}).`,
      place.url.startsWith("http:")
        ? set("It may speak https only:", { [place.variable]: `https://${at}` })
        : chooseAddress(place),
    );
  return fail(`There is no answer from ${at} (${code}: ${error.message}).`, chooseAddress(place));
}

/** A certificate that will soon be refused. */
export async function expiring(place: Place): Promise<Outcome | undefined> {
  const { protocol, port } = new URL(place.url);
  const host = hostOf(place.url);
  if (protocol !== "https:" || isProxied(place.url)) return undefined;
  const end = await certificateEnd(host, port === "" ? 443 : Number(port));
  if (end === undefined || end - Date.now() > certificateMsMin) return undefined;
  return warn(`The certificate of ${host} ends in ${spoken(end - Date.now())}.`, {
    say: "Renew it before that: browsers and this machine will refuse the store afterwards.",
    run: `openssl s_client -connect ${host}:${port === "" ? 443 : port} </dev/null | openssl x509 -noout -dates`,
  });
}

/** Milliseconds since 1970; undefined when it cannot be seen, which the request itself will tell better. */
function certificateEnd(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({ host, port, servername: host, timeout: connectMsMax }, () => {
      resolve(Date.parse(socket.getPeerCertificate().valid_to));
      socket.destroy();
    });
    const none = (): void => {
      resolve(undefined);
      socket.destroy();
    };
    socket.on("error", none);
    socket.on("timeout", none);
  });
}
