import { z } from "zod";
import { MemberRole, TenantId } from "../vocabulary/index.ts";

export const SessionView = z.object({
  user: z.object({ id: z.uuid(), email: z.string(), name: z.string() }),
  tenant: z.object({
    id: TenantId,
    /** The raw uuid: realtime topics are named by it. */
    uuid: z.uuid(),
    slug: z.string(),
    name: z.string(),
    shell: z.enum(["off", "trusted", "sandboxed"]),
  }),
  role: MemberRole,
  tenants: z.array(
    z.object({ id: TenantId, slug: z.string(), name: z.string(), role: MemberRole }),
  ),
});
export type SessionView = z.infer<typeof SessionView>;
