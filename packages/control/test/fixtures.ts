import { NofxError } from "@nofx/core/errors";

/** The error a promise is refused with; anything but a NofxError fails the test. */
export async function refusal(promise: Promise<unknown>): Promise<NofxError> {
  try {
    await promise;
  } catch (error) {
    if (NofxError.is(error)) return error;
    throw error;
  }
  throw new Error("was not refused");
}

/** A shell item as a backlog document has it. */
export function shellItem(id: string, more: Record<string, unknown> = {}) {
  return { id, title: id, kind: "shell", with: { command: ["true"] }, owner: "team", ...more };
}

export function backlog(pack: string, items: unknown[]) {
  return { document: { version: 1, pack, items } };
}
