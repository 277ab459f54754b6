import { startPostgres } from "../../src/local-stack/index.ts";

// A launcher of its own, for tests that kill one: prints the port when the server is up, and stays.
const home = process.argv[2];
if (!home) throw new Error("usage: start-postgres-child.ts HOME");
const { port } = await startPostgres({ home, port: 0 });
console.log(port);
setInterval(() => {}, 1000);
