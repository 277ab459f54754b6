import { personFor } from "./acting-as.ts";

/** Somebody of the local stack who may decide, other than whom such commands sign in as. */
export function secondPerson(): string {
  return personFor("supervisor") === "supervisor" ? "admin" : "supervisor";
}

/** The command that says yes: as somebody else where whoever reads it may not. */
export function approveCommand({ id, canDecide }: { id: string; canDecide: boolean }): string {
  return `npx nofx ${canDecide ? "" : `--as ${secondPerson()} `}approvals approve ${id}`;
}
