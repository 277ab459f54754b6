import { openDatabase } from "../../lib/database.ts";
import { commandSubmitter, submitMany } from "../../lib/tasks.ts";
import type { Cell, Client } from "./harness.ts";

export async function client(cell: Cell): Promise<Client> {
  const submitter = commandSubmitter(await openDatabase(cell.pgUrl));
  const count = async (where: string) => {
    const [row] = await cell.query(`select count(*)::int as n from public.runs where ${where}`);
    return Number(row?.["n"]);
  };
  return {
    enqueueMany: (n) => submitMany(submitter, n, { inFlight: cell.settings.inFlight ?? 1 }),
    enqueueOne: (payload) => submitter.submit([payload]),
    unfinished: () => count("status not in ('succeeded', 'failed', 'cancelled')"),
    failed: () => count("status in ('failed', 'cancelled')"),
    close: () => submitter.close(),
  };
}
