/**
 * Loaded first in every process Tintype starts: one whose supervisor is gone, killed -9 included, has nobody left to
 * stop it and would keep its port from the next start.
 */
const graceMs = 3_000;

process.on("disconnect", () => {
  setTimeout(() => process.exit(1), graceMs).unref();
  process.kill(process.pid, "SIGTERM");
});
// Listening alone would keep a process alive that has finished draining.
process.channel?.unref();
