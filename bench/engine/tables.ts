import { bestProfile, isOurs, ratio, valuesOf } from "./compare.ts";
import { median, METRICS, type Metric, type Results } from "./results.ts";

const TITLES: Record<string, string> = {
  W1: "W1: no-op jobs, queued in batches, drained by one worker",
  W2: "W2: from the call that queues to the handler's start, idle worker",
  W3: "W3: workflows of 10 durable no-op steps",
  W4: "W4: 100 in parallel and a join",
  W5: "W5: kill -9 with 200 jobs of 200 ms in the queue, 50 at once",
};

/** The tables of one run: each workload at everybody's best settings and at their defaults. */
export function renderTables(results: Results): string {
  const workloads = [...new Set(results.cells.map(({ workload }) => workload))].toSorted();
  return workloads
    .flatMap((workload) => [
      `### ${TITLES[workload] ?? workload}`,
      "",
      ...section(results, workload, "best settings", (engine) =>
        bestProfile(results, workload, engine),
      ),
      ...section(results, workload, "defaults", () => "default"),
      ...settingsOf(results, workload),
      "",
    ])
    .concat(failuresOf(results))
    .join("\n");
}

function section(
  results: Results,
  workload: string,
  what: string,
  profileOf: (engine: string) => string | undefined,
): string[] {
  const metrics = METRICS[workload] ?? [];
  const engines = [...new Set(results.cells.map(({ engine }) => engine))];
  const places = engines.flatMap((engine) => {
    const profile = profileOf(engine);
    const place = { workload, engine, profile: profile ?? "" };
    const measured = metrics.some(
      ({ name }) => valuesOf(results, { ...place, metric: name }).length > 0,
    );
    return measured ? [place] : [];
  });
  const ours = places.filter(({ engine }) => isOurs(engine));
  if (places.length === 0) return [];
  const compared = metrics.filter(({ plain }) => plain !== true);
  const head = [
    what,
    "settings",
    ...metrics.map(({ label }) => label),
    ...ours.flatMap(({ engine }) => compared.map(({ label }) => `${engine} / this, ${label}`)),
  ];
  const rows = places.map((place) => [
    place.engine,
    place.profile,
    ...metrics.map((metric) => spread(results, metric, place)),
    ...ours.flatMap((our) =>
      compared.map((metric) =>
        isOurs(place.engine)
          ? ""
          : times(
              ratio(
                results,
                metric,
                { ...our, metric: metric.name },
                { ...place, metric: metric.name },
              ),
            ),
      ),
    ),
  ]);
  return [...markdown(head, rows), ""];
}

function spread(
  results: Results,
  { name: metric }: Metric,
  place: { workload: string; profile: string; engine: string },
): string {
  const values = valuesOf(results, { ...place, metric }).map(({ value }) => value);
  const middle = median(values);
  if (middle === undefined) return "–";
  return values.length === 1
    ? number(middle)
    : `${number(middle)} (${number(Math.min(...values))}–${number(Math.max(...values))})`;
}

const times = (value: number | undefined) => (value === undefined ? "–" : `${value.toFixed(2)}×`);

function number(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(2);
}

export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(head),
    line(head.map((_, i) => (i < 2 ? "---" : "---:"))),
    ...rows.map((row) => line(row)),
  ];
}

function settingsOf({ session, cells }: Results, workload: string): string[] {
  const measured = new Set(
    cells
      .filter((cell) => cell.workload === workload)
      .map(({ engine, profile }) => `${engine}|${profile}`),
  );
  return Object.entries(session.engines).flatMap(([engine, { cells: of }]) =>
    Object.entries(of[workload] ?? {})
      .filter(([profile]) => measured.has(`${engine}|${profile}`))
      .map(([profile, desc]) => `- ${engine}, ${profile}: ${desc}`),
  );
}

function failuresOf({ cells }: Results): string[] {
  const failed = cells.filter(({ error }) => error !== undefined);
  const noisy = cells.filter((cell) => cell.noisy && cell.error === undefined);
  const name = ({ engine, workload, profile, rep }: (typeof cells)[number]) =>
    `${engine} ${workload} ${profile} ${rep}`;
  return [
    ...(failed.length === 0 ? [] : ["Cells that failed:", ""]),
    ...failed.map((cell) => `- ${name(cell)}: ${cell.error?.split("\n", 1)[0]}`),
    ...(failed.length === 0 ? [] : [""]),
    ...(noisy.length === 0
      ? []
      : [
          `Something else used more than a quarter of a core during: ${noisy.map(name).join(", ")}.`,
          "",
        ]),
  ];
}
