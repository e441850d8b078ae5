/** Asked before anything starts, so that a taken port is a sentence and not a half-started Tintype. */
import { createServer } from "node:net";
import { Refusal } from "./refusal.ts";

/** Throws Refusal naming `variable` when the port cannot be listened on. */
export async function refuseTakenPort(
  host: string,
  port: number,
  variable: string,
  hostVariable: string,
): Promise<void> {
  const error = await new Promise<unknown>((resolve) => {
    const server = createServer();
    server.once("error", resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
  if (error === undefined) return;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE")
    throw new Refusal(`Port ${port} is already in use. Stop the other program or set ${variable}.`, {
      cause: error,
    });
  if (code === "EACCES")
    throw new Refusal(`Tintype may not listen on port ${port}. Set ${variable} to a port above 1023.`, {
      cause: error,
    });
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EAI_AGAIN")
    throw new Refusal(
      `${host} is not an address of this machine. Set ${hostVariable} to 127.0.0.1 or 0.0.0.0.`,
      {
        cause: error,
      },
    );
  throw error;
}
