/** S3's rules for the name of a bucket, each with its reason, so that a refusal explains itself. */
import { listed } from "../output.ts";

const startsReserved = ["xn--", "sthree-", "amzn-s3-demo-"];
const endsReserved = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an"];

/** What is wrong with a name, a clause each; empty for a name that S3 takes. */
export function faultsOf(name: string): string[] {
  const faults: string[] = [];
  const length = [...name].length;
  if (length < 3 || length > 63) faults.push(`it has ${length} characters, not 3 to 63`);
  const strange = [...new Set(name.replace(/[a-z0-9.-]/g, ""))];
  if (strange.some((sign) => /[A-Z]/.test(sign)))
    faults.push("it has capital letters, which a host name cannot tell from small ones");
  const other = [...new Set(strange.filter((sign) => !/[A-Z]/.test(sign)).map(spelt))];
  if (other.length > 0)
    faults.push(`it has ${listed(other)} besides small letters, digits, hyphens and dots`);
  if (/^[.-]|[.-]$/.test(name)) faults.push("it does not begin and end with a letter or digit");
  if (name.includes("..")) faults.push("it has two dots in a row");
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) faults.push("it looks like an IP address");
  const begin = startsReserved.find((prefix) => name.startsWith(prefix));
  if (begin !== undefined) faults.push(`S3 keeps names that begin with ${begin} for itself`);
  const end = endsReserved.find((suffix) => name.endsWith(suffix));
  if (end !== undefined) faults.push(`S3 keeps names that end with ${end} for itself`);
  return faults;
}

const spelt = (sign: string): string => {
  if (sign === " ") return "spaces";
  return /[\p{Cc}\p{Cf}]/u.test(sign) ? "control characters" : `"${sign}"`;
};

/** The nearest name that S3 would take; undefined when nothing is left of it. */
export function nameLike(name: string): string | undefined {
  const like = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^(xn--|sthree-|amzn-s3-demo-)+/, "")
    .slice(0, 63)
    .replace(/^-+|-+$/g, "");
  return faultsOf(like).length === 0 ? like : undefined;
}
