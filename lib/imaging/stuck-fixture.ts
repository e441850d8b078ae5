/** For the test of apart.ts: a program that has written what it had to, says so or not, and then never ends. */
import { writeSync } from "node:fs";

const [word = ""] = process.argv.slice(2);
writeSync(1, "pixels");
if (word !== "") writeSync(3, `${word}\n`);
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
