import { z } from "zod";

export const UserId = z.guid().meta({ description: "A person, as the session names them" });
