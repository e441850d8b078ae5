/**
 * Pixels of a video that is brighter than a page can be, brought to what a page shows: light up to the white of paper
 * stays as it is, what is brighter is pressed together above it, and colours outside of sRGB are cut off. Taken for what
 * they are not, they would look washed out (PQ) or pale (HLG).
 */
export type Transfer = "pq" | "hlg";

/** Light of white paper, and of the brightest that HLG means, in candela per square metre (ITU-R BT.2408, BT.2100). */
const paper = 203;
const hlgPeak = 1000;
const hlgGamma = 1.2;
/** Where pressing together begins, as a part of white paper. */
const knee = 0.6;

const codes = 65_536;
/** Steps of the table that goes back from light to codes of sRGB. */
const steps = 4_096;

/** SMPTE ST 2084: light against that of white paper. */
function pq(code: number): number {
  const power = code ** (32 / 2523);
  const light = (Math.max(power - 107 / 128, 0) / (2413 / 128 - (2392 / 128) * power)) ** (8192 / 1305);
  return (light * 10_000) / paper;
}

/** ARIB STD-B67, as the camera saw it: 0 to 1. */
const hlg = (code: number): number =>
  code <= 0.5 ? (code * code) / 3 : (Math.exp((code - 0.55991073) / 0.17883277) + 0.28466892) / 12;

const encoded = (light: number): number =>
  Math.round(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055));

const pressed = (light: number): number =>
  light <= knee ? light : knee + (1 - knee) * (1 - Math.exp((knee - light) / (1 - knee)));

/** Of 16-bit samples of BT.2020, red, green, blue: the same with 8 bits in sRGB. */
export function toneMapped(samples: Uint16Array, transfer: Transfer): Uint8Array {
  const light = Float32Array.from({ length: codes }, (_, code) =>
    (transfer === "pq" ? pq : hlg)(code / (codes - 1)),
  );
  const back = Uint8Array.from({ length: steps + 1 }, (_, step) => encoded(step / steps));
  const out = new Uint8Array(samples.length);
  for (let at = 0; at + 2 < samples.length; at += 3) {
    let r = light[samples[at] ?? 0] ?? 0;
    let g = light[samples[at + 1] ?? 0] ?? 0;
    let b = light[samples[at + 2] ?? 0] ?? 0;
    if (transfer === "hlg") {
      // How much brighter a screen shows what is bright.
      const seen = ((0.2627 * r + 0.678 * g + 0.0593 * b) ** (hlgGamma - 1) * hlgPeak) / paper;
      r *= seen;
      g *= seen;
      b *= seen;
    }
    const most = Math.max(r, g, b);
    const part = most > knee ? pressed(most) / most : 1;
    // BT.2020 to BT.709.
    const red = 1.6605 * r - 0.5876 * g - 0.0728 * b;
    const green = -0.1246 * r + 1.1329 * g - 0.0083 * b;
    const blue = -0.0182 * r - 0.1006 * g + 1.1187 * b;
    out[at] = back[Math.round(Math.min(1, Math.max(0, red * part)) * steps)] ?? 0;
    out[at + 1] = back[Math.round(Math.min(1, Math.max(0, green * part)) * steps)] ?? 0;
    out[at + 2] = back[Math.round(Math.min(1, Math.max(0, blue * part)) * steps)] ?? 0;
  }
  return out;
}
