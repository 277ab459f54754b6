import { within, type Fault } from "./fault.ts";

/** The connection breaks on the reply to a worker's tick: what it settled is committed and it does not know. */
export const cutTick: Fault = {
  name: "cut reply to a worker's tick",
  bites: "its settlements are in the database",
  perMinute: 4,
  async inject({ proxy, database, signal }) {
    const before = proxy.cuts.length;
    proxy.cutNext("exchange");
    await within(5_000, signal, () =>
      proxy.cuts.slice(before).some(({ settlements }) => settlements.length > 0),
    );
    const cut = proxy.cuts.slice(before).find(({ settlements }) => settlements.length > 0);
    if (cut === undefined) return "not now";
    const committed = await database.ask(
      `select from jsonb_to_recordset($1::jsonb) as sent ("stepId" uuid, epoch bigint, outcome text)
       join attempts a on a.step_id = sent."stepId" and a.epoch = sent.epoch and a.outcome = sent.outcome`,
      [JSON.stringify(cut.settlements)],
    );
    return committed.length > 0;
  },
};

/** The connection breaks on the reply to what commits somebody's command. */
export const cutCommit: Fault = {
  name: "cut reply to a client's commit",
  bites: "the repetition was answered from the first time",
  perMinute: 2,
  async inject({ proxy, history, signal }) {
    const before = history.lostAnswers().length;
    proxy.cutNext("commit");
    return within(5_000, signal, () => history.lostAnswers().length > before);
  },
};
