import { z } from "zod";

const url = z.url({ protocol: /^https?$/ }).optional();
const token = z.string().min(32, "use a token of at least 32 characters").optional();

/** Where the edge functions are, and what lets this process in. Without them what they do is done in this process. */
export const EdgeEnv = {
  KEY_VAULT_URL: url,
  KEY_VAULT_TOKEN: token,
  ROUTER_SELECT_URL: url,
  ROUTER_SELECT_TOKEN: token,
};
