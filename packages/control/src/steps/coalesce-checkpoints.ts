import { NofxError } from "@nofx/core/errors";
import type { CheckpointItem, CheckpointRefused, CheckpointRow } from "@nofx/db/leases";
import { fromDatabaseError } from "../command/database-errors.ts";

/** A statement holds at most so many: what one of them waits for is short. */
const MOST = 100;
/** While so many statements are under way the next ones collect. */
const UNDER_WAY = 2;

interface Waiting {
  readonly item: CheckpointItem;
  readonly resolve: (row: CheckpointRow) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores checkpoints: at once where nothing is under way, and those that come meanwhile together, in the order of their coming. Each is
 * answered for itself; one that is refused fails no other.
 */
export function coalesceCheckpoints(ports: {
  readonly one: (item: CheckpointItem) => Promise<CheckpointRow>;
  readonly many: (
    items: readonly CheckpointItem[],
  ) => Promise<(CheckpointRow | CheckpointRefused)[]>;
}): (item: CheckpointItem) => Promise<CheckpointRow> {
  const waiting: Waiting[] = [];
  let underWay = 0;

  const send = async (batch: readonly Waiting[]): Promise<void> => {
    const [first] = batch;
    try {
      if (batch.length === 1 && first !== undefined) {
        first.resolve(await ports.one(first.item));
        return;
      }
      const answers = await ports.many(batch.map(({ item }) => item));
      for (const [i, { resolve, reject }] of batch.entries()) {
        const answer = answers[i];
        if (answer === undefined) reject(new NofxError("internal"));
        else if ("error" in answer) reject(refusal(answer));
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const next = (): void => {
    while (underWay < UNDER_WAY && waiting.length > 0) {
      void sendNext();
    }
  };
  const sendNext = async (): Promise<void> => {
    underWay += 1;
    await send(waiting.splice(0, MOST));
    underWay -= 1;
    next();
  };
  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      next();
    });
}

function refusal({ error, message }: CheckpointRefused): unknown {
  return fromDatabaseError(Object.assign(new Error(message), { code: error }));
}
