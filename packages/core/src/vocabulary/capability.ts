import { z } from "zod";

export const Capability = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use 1 to 64 of a-z 0-9 . _ -, like code.patch");
