/** A certificate authority of one's own that only .env names: Node has read its environment long before that. */
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { Refusal } from "./refusal.ts";

/** Trusts the authorities in a PEM file, besides those Node trusts anyway. Throws Refusal when there are none in it. */
export function trustAuthorities(file: string): void {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Refusal(`NODE_EXTRA_CA_CERTS names ${file}, which cannot be read.`, { cause });
  }
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (found === null) throw new Refusal(`NODE_EXTRA_CA_CERTS names ${file}, which holds no certificate.`);
  setDefaultCACertificates([...getCACertificates("default"), ...found]);
}
