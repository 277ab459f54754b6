import { prepareDatabase } from "../../lib/database.ts";
import type { Cell } from "./harness.ts";

export async function prepare(cell: Cell): Promise<void> {
  await prepareDatabase(cell.pgUrl);
}
