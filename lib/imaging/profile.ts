/** Tells whether an ICC profile is Display P3, from its numbers; its name may say anything. */

/** Red, green, blue as XYZ under D50, which is how a profile stores them. */
const displayP3 = [
  ["rXYZ", [0.5151, 0.2412, -0.0011]],
  ["gXYZ", [0.292, 0.6922, 0.0419]],
  ["bXYZ", [0.1571, 0.0666, 0.7841]],
] as const;
const tolerance = 0.004;

const fixed = (data: Buffer, at: number): number => data.readInt32BE(at) / 65536;

function tag(profile: Buffer, name: string): Buffer | undefined {
  if (profile.length < 132) return undefined;
  const count = Math.min(profile.readUInt32BE(128), 100);
  for (let n = 0; n < count; n++) {
    const at = 132 + n * 12;
    if (at + 12 > profile.length) return undefined;
    if (profile.toString("latin1", at, at + 4) !== name) continue;
    const start = profile.readUInt32BE(at + 4);
    const end = start + profile.readUInt32BE(at + 8);
    return end <= profile.length ? profile.subarray(start, end) : undefined;
  }
  return undefined;
}

/** The curve's value at one half; sRGB's is 0.214. */
function atHalf(curve: Buffer): number | undefined {
  const kind = curve.toString("latin1", 0, 4);
  if (kind === "curv" && curve.length >= 14) {
    const count = curve.readUInt32BE(8);
    if (count === 1) return 0.5 ** (curve.readUInt16BE(12) / 256);
    const middle = 12 + 2 * Math.floor((count - 1) / 2);
    return count > 1 && middle + 2 <= curve.length ? curve.readUInt16BE(middle) / 65535 : undefined;
  }
  if (kind !== "para" || curve.length < 32 || curve.readUInt16BE(8) !== 3) return undefined;
  const [g, a, b] = [fixed(curve, 12), fixed(curve, 16), fixed(curve, 20)];
  return (a * 0.5 + b) ** g;
}

export function isDisplayP3(profile: Buffer | undefined): boolean {
  if (profile === undefined) return false;
  const colours = displayP3.every(([name, wanted]) => {
    const data = tag(profile, name);
    return (
      data !== undefined &&
      data.length >= 20 &&
      wanted.every((value, n) => Math.abs(fixed(data, 8 + n * 4) - value) < tolerance)
    );
  });
  const curve = tag(profile, "rTRC");
  const half = curve === undefined ? undefined : atHalf(curve);
  return colours && half !== undefined && Math.abs(half - 0.214) < 0.01;
}
