/** A log that does not fill the disk: past its size it is renamed, and only so many old ones are kept. */
import { closeSync, existsSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

const bytesMax = 10 * 1024 * 1024;
const kept = 4;

export type LogFile = { write(line: string): void; close(): void };

/** Appends whole lines to `file`, mode 0600: a log tells who looked at what. */
export function openLogFile(file: string, limit: number = bytesMax): LogFile {
  let handle = openSync(file, "a", 0o600);
  let bytes = fstatSync(handle).size;
  const rotate = (): void => {
    closeSync(handle);
    rmSync(`${file}.${kept}`, { force: true });
    for (let n = kept - 1; n >= 1; n--)
      if (existsSync(`${file}.${n}`)) renameSync(`${file}.${n}`, `${file}.${n + 1}`);
    renameSync(file, `${file}.1`);
    handle = openSync(file, "a", 0o600);
    bytes = 0;
  };
  return {
    write(line) {
      if (bytes > limit) rotate();
      bytes += writeSync(handle, `${line}\n`);
    },
    close: () => closeSync(handle),
  };
}
