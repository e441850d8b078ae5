/** What crosses the wire when many pictures are saved at once. Safe in the browser. */
export const downloadSizes = ["original", "large", "jpeg"] as const;
export type DownloadSize = (typeof downloadSizes)[number];

/** One question for a list names so many files, one for addresses so many. */
export const listedMax = 500;
export const addressesMax = 50;
/** Where counting for "how much is it?" ends. */
export const countedMax = 20_000;

/** One file of a download. `bytes` and `sha256` are known of originals alone. */
export type DownloadFile = {
  /** By this its address is asked for. */
  id: string;
  /** Names of folders, outermost first, and of the file, neither of them safe yet. */
  folder: string[];
  name: string;
  bytes: number | undefined;
  sha256: string | undefined;
  title: string;
  /** ISO 8601, as the camera's clock said. */
  taken: string;
};
export type DownloadPage = { files: DownloadFile[]; next: string | undefined };

/** How much there is: of originals in bytes, of renditions about that. `more`: it is at least so much. */
export type DownloadSum = { count: number; bytes: number; exact: boolean; more: boolean };

/** Addresses by id; what cannot be had (any more) is missing. */
export type Addresses = Record<string, string>;
