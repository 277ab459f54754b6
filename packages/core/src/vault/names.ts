import { z } from "zod";

/** A provider as models name it before the slash. */
export const ProviderName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use 1 to 64 of a-z 0-9 . _ -, a letter or digit first")
  .meta({ description: "A provider, as models name it before the slash", example: "openai" });

/** One of several keys of a provider. */
export const KeyName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use 1 to 64 of a-z 0-9 . _ -, a letter or digit first")
  .meta({ description: "One of several keys of a provider", example: "default" });
