import { z } from "zod";

export const MemberRole = z.enum(["viewer", "operator", "supervisor", "admin"]);
export type MemberRole = z.infer<typeof MemberRole>;

export const Permission = z.enum([
  "read",
  "backlog.write",
  "plan.create",
  "plan.execute",
  "approval.decide",
  "approval.manage",
  "run.control",
  "queue.manage",
  "worker.manage",
  "agent.manage",
  "dead_letter.reveal",
  "settings.write",
  "audit.export",
  "gate.manage",
  "gate.override",
  "flag.manage",
  "model.call",
  "budget.manage",
  "key.manage",
  "router.manage",
  "message.redact",
  "message.hold",
]);
export type Permission = z.infer<typeof Permission>;

const GRANTS: Record<MemberRole, readonly Permission[]> = {
  viewer: ["read"],
  operator: [
    "read",
    "backlog.write",
    "plan.create",
    "plan.execute",
    "run.control",
    "queue.manage",
    "worker.manage",
    "model.call",
  ],
  supervisor: [
    "read",
    "backlog.write",
    "plan.create",
    "plan.execute",
    "run.control",
    "queue.manage",
    "worker.manage",
    "model.call",
    "approval.decide",
    "agent.manage",
    "audit.export",
    "gate.override",
    "message.redact",
  ],
  admin: Permission.options,
};

export function isAllowed(role: MemberRole, permission: Permission): boolean {
  return GRANTS[role].includes(permission);
}

/** The roles that hold a permission, lowest first: what a refusal tells people to ask for. */
export function rolesWith(permission: Permission): MemberRole[] {
  return MemberRole.options.filter((role) => isAllowed(role, permission));
}

/** Who did something. `id` is a uuid for members and agents, a name for workers and the system. */
export const Actor = z.object({
  type: z.enum(["member", "agent", "worker", "system"]),
  id: z.string().min(1).max(200),
});
export type Actor = z.infer<typeof Actor>;
