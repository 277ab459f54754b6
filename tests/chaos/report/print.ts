import type { Report } from "./report.ts";

/** The report as people read it. */
export function printReport(report: Report, seed: number): string {
  const faults = report.faults.map((row) => [
    mark(row.bit >= row.minimum),
    row.fault,
    String(row.injected),
    String(row.bit),
    String(row.minimum),
    row.bites,
  ]);
  const checks = report.checks.map(({ name, value, ok }) => [mark(ok), name, String(value)]);
  const wrong = report.checks.filter(({ ok }) => !ok);
  return [
    "",
    ...table([["", "fault", "injected", "bit", "minimum", "bites when"], ...faults]),
    "",
    ...table([["", "check", "found"], ...checks]),
    ...wrong.flatMap(({ name, evidence }) => [
      "",
      `${name}:`,
      ...evidence.map((one) => `  ${JSON.stringify(one)}`),
    ]),
    "",
    report.ok
      ? `Chaos: 0 lost, 0 doubled (seed ${seed}).`
      : `Chaos: FAILED (seed ${seed}). What is marked ✖ is why.`,
  ].join("\n");
}

const mark = (ok: boolean) => (ok ? "✔" : "✖");

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
