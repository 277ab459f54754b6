import { z } from "zod";
import { Sentence } from "../errors.ts";

const Port = z.coerce.number().int().min(1).max(65_535);

const DEFAULTS = {
  web: ["NOFX_WEB_PORT", 3000],
  gateway: ["NOFX_SUPABASE_PORT", 54_321],
  postgres: ["NOFX_POSTGRES_PORT", 54_322],
  agents: ["NOFX_GATEWAY_PORT", 8790],
} as const;

export type Ports = Record<keyof typeof DEFAULTS, number>;

/** Where each part would like to listen. Each moves to the next free port when somebody is there already. */
export function wantedPorts(env: NodeJS.ProcessEnv): Ports {
  const of = (part: keyof typeof DEFAULTS) => {
    const [name, usual] = DEFAULTS[part];
    const given = env[name];
    if (given === undefined || given === "") return usual;
    const port = Port.safeParse(given);
    if (port.success) return port.data;
    throw new Sentence(`${name} is "${given}"; it takes a port number from 1 to 65535.`);
  };
  return { web: of("web"), gateway: of("gateway"), postgres: of("postgres"), agents: of("agents") };
}
