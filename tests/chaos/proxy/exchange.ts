import { columnsOf, parametersOf, type Message } from "./messages.ts";

/** One settlement of a worker's tick, as it went over the line. */
export interface SentSettlement {
  readonly stepId: string;
  readonly epoch: number;
  readonly outcome: string;
}

/** What the engine answered to it. */
export interface SettleResult {
  readonly stepId: string;
  readonly epoch: number;
  readonly result: string;
  readonly reason: string | undefined;
}

export const isExchange = (statement: string): boolean => statement.includes("engine.exchange(");

/** The settlements that a Bind message of an exchange carries. */
export function settlementsOf(bind: Message): SentSettlement[] {
  for (const text of parametersOf(bind)) {
    if (text === undefined || !text.startsWith("[{")) continue;
    const items = JSON.parse(text) as { step_id?: string; epoch: number; outcome?: string }[];
    if (items[0]?.outcome === undefined) continue;
    return items.map((item) => ({
      stepId: item.step_id ?? "",
      epoch: item.epoch,
      outcome: item.outcome ?? "",
    }));
  }
  return [];
}

/** What the row of an exchange's answer says of the settlements. */
export function resultsOf(row: Message): SettleResult[] {
  const [text] = columnsOf(row);
  if (text === undefined || !text.startsWith("{")) return [];
  const answer = JSON.parse(text) as {
    settled?: { results?: { step_id: string; epoch: number; result: string; reason?: string }[] };
  };
  return (answer.settled?.results ?? []).map((item) => ({
    stepId: item.step_id,
    epoch: item.epoch,
    result: item.result,
    reason: item.reason ?? undefined,
  }));
}
