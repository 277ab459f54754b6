import { createPostgresTransport } from "../../src/transports/postgres-transport.ts";
import { conformance } from "./conformance.ts";

conformance(async (parts) => createPostgresTransport(parts));
