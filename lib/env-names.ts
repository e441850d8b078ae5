/**
 * Which names of an environment are settings of ours, written wrongly (R-84). An environment is shared with shells,
 * npm, CI and Kubernetes: a name is refused only when nobody else can have meant it.
 */

/** Nobody else's names begin so. */
const ourPrefixes = [
  "S3_",
  "MEDIA_",
  "CLOUDFRONT_",
  "STATIC_URL",
  "UPLOAD_",
  "TINTYPE_",
  "WORKER_",
  "TRASH_",
  "QUOTA_",
  "TRUSTED_PROX",
  "APP_URL",
  "AUTH_SECRET",
  "DATABASE_POOL",
  "DATABASE_PREPARE",
  "REQUESTS_MAX",
];
/** Whether a name can only be a setting of ours, right or misspelt. */
export const isOurName = (name: string): boolean => ourPrefixes.some((prefix) => name.startsWith(prefix));
/** Read before the settings exist, or by tools; known, and not part of the settings. */
const otherNames = [
  "TINTYPE_BUILD",
  "TINTYPE_CALLED_FROM",
  "TINTYPE_TEST",
  "TINTYPE_TEST_CEPH",
  "TINTYPE_TEST_DATABASE_URL",
];
/** Close to ours and yet common elsewhere. */
const lookAlikes = ["LOGLEVEL", "OAUTH_SECRET"];
/** What else may stand in our .env: what the SDK, Node and the tools that read the same file look for. */
const guests =
  /^(AWS_|NODE_|UV_|COMPOSE_|POSTGRES_|LC_)|^(TZ|LANG)$|^(https?|no|all)_proxy$|^SSL_CERT_(FILE|DIR)$/i;
/** From here on two slips are still a slip and not another word. */
const longName = 12;

/**
 * A sentence for every name that is not a setting and cannot be anyone else's. Of `fileNames`, those of our own .env
 * file, every one has to be known.
 */
export function unknownNames(
  settings: readonly string[],
  environment: Record<string, string | undefined>,
  fileNames: readonly string[],
): string[] {
  const known = new Set([...settings, ...otherNames]);
  // Of lib/failpoint.ts: nothing but a test may run with them.
  if ((environment.TINTYPE_TEST ?? "") !== "") known.add("TINTYPE_FAILPOINTS");
  const problems: string[] = [];
  for (const name of new Set([...Object.keys(environment), ...fileNames])) {
    if (known.has(name)) continue;
    const meant = meantName(name, settings);
    const inFile = fileNames.includes(name);
    const ours = meant !== undefined || (isOurName(name) && !isOfKubernetes(name, environment[name]));
    if (!ours && (!inFile || guests.test(name))) continue;
    problems.push(
      `${name}${inFile ? " in .env" : ""} is not a setting of Tintype${meant === undefined ? "" : `; did you mean ${meant}?`}${meant === undefined ? "." : ""} The settings are listed in .env.example.`,
    );
  }
  return problems;
}

/** Kubernetes gives every container the addresses of services; one may be called media, worker or tintype. */
const isOfKubernetes = (name: string, value: string | undefined): boolean =>
  /_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_|$)/.test(name) ||
  (name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value ?? ""));

/** The setting that was meant by a name with a slip in it. */
function meantName(name: string, settings: readonly string[]): string | undefined {
  if (lookAlikes.includes(name) || isOfKubernetes(name, undefined)) return undefined;
  return settings.find((setting) => {
    if (Math.abs(setting.length - name.length) > 2) return false;
    const slips = distance(name.toUpperCase(), setting);
    const swapped = [...name].sort().join() === [...setting].sort().join();
    // PORTS and POST are words, and API_URL is someone else's: short names bear no other letter.
    if (setting.length < 6) return slips === 1 && swapped;
    if (setting.length < 9 && name.length === setting.length) return slips === 1 && swapped;
    return (
      slips <= 1 || (slips === 2 && setting.length >= longName && name.slice(0, 3) === setting.slice(0, 3))
    );
  });
}

/** Letters to add, drop, change or swap with their neighbour to make one of the other. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(
        Math.min(
          (next[j - 1] ?? 0) + 1,
          (row[j] ?? 0) + 1,
          (row[j - 1] ?? 0) + same,
          swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}
