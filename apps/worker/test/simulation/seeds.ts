const asked = (name: string) => {
  const value = process.env[name];
  return value === undefined || value === "" ? undefined : Number(value);
};

/** One seed alone: `SIM_SEED=183`. */
const ONE = asked("SIM_SEED");
const FROM = asked("SIM_FROM") ?? 1;
/** `SIM_SEEDS=20000` for a night. */
const COUNT = asked("SIM_SEEDS") ?? (process.env["PROVE"] === "1" ? 1_000 : 50);

/** Seeds that once failed, each with what was learnt; played in every run. */
export const REGRESSIONS: readonly { readonly seed: number; readonly learnt: string }[] = [
  { seed: 15, learnt: "people who pause while the database is away must not resume before that" },
  { seed: 102, learnt: "the retries of an undo step may take longer than a quarter of an hour" },
  { seed: 151, learnt: "effects before one that could not be undone stay registered" },
  { seed: 749, learnt: "a claim that has run out may be given back: nothing comes of it" },
  { seed: 2257, learnt: "everybody was frozen, and nobody had anything to do" },
  { seed: 2287, learnt: "what was claimed unheard may lapse before anybody can give it back" },
  { seed: 183, learnt: "effects before one that could not be undone stay registered" },
];

export const SEEDS: readonly number[] =
  ONE === undefined ? Array.from({ length: COUNT }, (_, i) => FROM + i) : [ONE];

/** Whether there are enough of them for every fault to have had its chance. */
export const IS_SAMPLE = SEEDS.length >= 60;
