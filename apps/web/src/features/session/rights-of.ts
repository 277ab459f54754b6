import { isAllowed, type MemberRole, Permission, rolesWith } from "@nofx/core/vocabulary";
import type { Rights } from "./session-provider.tsx";

/** What a role may do, in the form the browser shows it; worked out here so that no schema code is sent along. */
export function rightsOf(role: MemberRole): Rights {
  return Object.fromEntries(
    Permission.options.map((permission) => [
      permission,
      isAllowed(role, permission)
        ? ""
        : `Your role is ${role}; this takes ${rolesWith(permission).join(" or ")}.`,
    ]),
  ) as Rights;
}
