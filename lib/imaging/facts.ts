import ExifReader from "exifreader";
import type { Identity } from "./identify.ts";

export type Facts = {
  takenAt: Date | undefined;
  /** Minutes east of UTC; undefined when the camera recorded none, and then takenAt is its wall time taken as UTC. */
  takenOffset: number | undefined;
  camera?: string;
  lens?: string;
  /** f-number · seconds · ISO · millimetres. */
  aperture?: number;
  exposureTime?: number;
  iso?: number;
  focalLength?: number;
  /** Degrees north, degrees east, metres above the sea. */
  latitude?: number;
  longitude?: number;
  altitude?: number;
  title?: string;
  description?: string;
};

export function readFacts(_original: Buffer, _identity: Identity): Promise<Facts> {
  void ExifReader;
  return Promise.resolve({ takenAt: undefined, takenOffset: undefined });
}
