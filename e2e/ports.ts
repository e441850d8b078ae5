/** The ports of the browser tests: others may be testing on this machine. */
export const port = Number(process.env.E2E_PORT ?? 3400);
export const storePort = Number(process.env.E2E_STORE_PORT ?? 9400);
/** Ten further up, for a second instance beside the first. */
export const secondPorts = { port: port + 10, storePort: storePort + 10 };
