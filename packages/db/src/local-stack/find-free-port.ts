import { createServer } from "node:net";
import type { Server } from "node:net";
import { LocalStackError } from "./local-stack-error.ts";

const TRIES = 100;

/** The port itself when nothing listens there on this machine, else the next free one; 0 asks the system for any. */
export async function findFreePort(preferred: number): Promise<number> {
  const probe = createServer();
  const port = await listenOnFreePort(probe, preferred);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Makes a server listen on this machine, on the port it prefers or the next free one; says which. */
export async function listenOnFreePort(server: Server, preferred: number): Promise<number> {
  const last = preferred === 0 ? 0 : Math.min(preferred + TRIES - 1, 65_535);
  for (let port = preferred; port <= last; port += 1) {
    const got = await listen(server, port);
    if (got !== undefined) return got;
  }
  throw new LocalStackError(
    "no_free_port",
    `No port is free between ${preferred} and ${last}; stop what listens there and start again.`,
  );
}

function listen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(error);
    };
    server.once("error", failed);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      server.off("error", failed);
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : port);
    });
  });
}
