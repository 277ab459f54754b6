import { createServer } from "node:net";
import { LocalStackError } from "./local-stack-error.ts";

const TRIES = 100;

/** The port itself when nothing listens there on this machine, else the next free one; 0 asks the system for any. */
export async function findFreePort(preferred: number): Promise<number> {
  if (preferred === 0) return listenOnce(0);
  for (let port = preferred; port < preferred + TRIES && port < 65_536; port += 1) {
    const free = await listenOnce(port).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") return undefined;
      throw error;
    });
    if (free !== undefined) return free;
  }
  throw new LocalStackError(
    "no_free_port",
    `No port is free between ${preferred} and ${preferred + TRIES - 1}; stop what listens there and start again.`,
  );
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === "object" && address ? address.port : port;
      server.close(() => resolve(got));
    });
  });
}
