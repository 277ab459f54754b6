export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export const none: Counts = { passed: 0, failed: 0, skipped: 0 };

export function add(...all: readonly Counts[]): Counts {
  return all.reduce(
    (sum, counts) => ({
      passed: sum.passed + counts.passed,
      failed: sum.failed + counts.failed,
      skipped: sum.skipped + counts.skipped,
    }),
    none,
  );
}

/** The closing line. Others read it by machine: its form is fixed. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Success means that something ran and nothing failed. */
export function exitCode({ passed, failed, skipped }: Counts): number {
  return failed === 0 && passed + skipped > 0 ? 0 : 1;
}

interface VitestReport {
  testResults: {
    name: string;
    status: string;
    assertionResults: { status: string }[];
  }[];
}

/**
 * Counts of a vitest JSON report. A file that could not be loaded has no tests in the report and counts as one failed; so
 * does a run that ended badly without a failed test (an error outside any test).
 */
export function countVitest(report: VitestReport, code: number): Counts {
  const counts = { ...none };
  for (const file of report.testResults) {
    if (
      file.status === "failed" &&
      !file.assertionResults.some(({ status }) => status === "failed")
    )
      counts.failed += 1;
    for (const { status } of file.assertionResults) {
      if (status === "passed") counts.passed += 1;
      else if (status === "failed") counts.failed += 1;
      else counts.skipped += 1;
    }
  }
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
}

/** Counts of a Playwright JSON report. A test that needed a second try did not pass. */
export function countPlaywright({ stats }: PlaywrightReport, code: number): Counts {
  const failed = stats.unexpected + stats.flaky;
  return {
    passed: stats.expected,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: stats.skipped,
  };
}
