/** A wire that can be cut, frozen, slowed and bitten off: between Postgres and who talks to it. */

import type { AddressInfo } from "node:net";
import { connect, createServer, type Server, type Socket } from "node:net";

export class TcpProxy {
  readonly port: number;
  /** Where it leads; a restarted Postgres has another port. */
  target: number;
  #server: Server;
  #pairs = new Set<{ near: Socket; far: Socket }>();
  #down = false;
  #frozen = false;
  #delayMs = 0;
  #bytesLeft: number | undefined;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (near) => this.#join(near));
  }

  static async open(target: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TcpProxy(server, target);
  }

  #join(near: Socket): void {
    if (this.#down) {
      near.resetAndDestroy();
      return;
    }
    const far = connect(this.target, "127.0.0.1");
    const pair = { near, far };
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on("error", end);
      socket.on("close", end);
      if (this.#frozen) socket.pause();
    }
    const pass = (from: Socket, to: Socket, counted: boolean): void => {
      // What is on its way is never overtaken, also when the wire is well again meanwhile: no wire does that.
      const way: { at: number; write: () => void }[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      const arrive = (): void => {
        timer = undefined;
        for (let first = way[0]; first !== undefined; first = way[0]) {
          const rest = first.at - performance.now();
          if (rest > 0) {
            timer = setTimeout(arrive, rest);
            return;
          }
          way.shift();
          first.write();
        }
      };
      from.on("data", (data: Buffer) => {
        let piece = data;
        if (counted && this.#bytesLeft !== undefined) {
          piece = data.subarray(0, this.#bytesLeft);
          this.#bytesLeft -= piece.length;
        }
        const write = (): void => {
          if (!to.destroyed) to.write(piece);
          if (piece.length < data.length) end();
        };
        way.push({ at: performance.now() + this.#delayMs, write });
        if (timer === undefined) arrive();
      });
    };
    pass(near, far, false);
    pass(far, near, true);
  }

  /** Every connection ends with a reset; new ones are refused. */
  cut(): void {
    this.#down = true;
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Nothing arrives any more, in either direction, and nobody is told. */
  freeze(): void {
    this.#frozen = true;
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.pause();
  }

  slow(ms: number): void {
    this.#delayMs = ms;
  }

  /** After so many more bytes of answers the connection ends in the middle of one. */
  biteOff(bytes: number): void {
    this.#bytesLeft = bytes;
  }

  heal(): void {
    this.#down = false;
    this.#frozen = false;
    this.#delayMs = 0;
    this.#bytesLeft = undefined;
    for (const { near, far } of this.#pairs) for (const socket of [near, far]) socket.resume();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
