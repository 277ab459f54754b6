import type { Range } from "./range.ts";
import { studentT90 } from "./student-t.ts";

/** What was measured, as the logarithms of it say: enough to predict from, and cheap to add up in SQL. */
export interface Samples {
  readonly count: number;
  /** Mean of ln(x). */
  readonly meanLog: number;
  /** Sum of (ln(x) - meanLog)². */
  readonly squaresLog: number;
}

export const NO_SAMPLES: Samples = { count: 0, meanLog: 0, squaresLog: 0 };

/** As many measurements as the prior is worth for the middle, and twice that for the spread. */
const WORTH = 2;
const WORTH_SPREAD = 2;
const PRIOR_T90 = studentT90(2 * WORTH_SPREAD);

/**
 * What the next one will be: the posterior predictive distribution of a log-normal quantity whose parameters have a
 * normal-inverse-gamma prior (A. Gelman et al., Bayesian Data Analysis, 3rd edition, section 3.3), which is a Student's t in
 * ln(x). With no samples it is exactly the prior's range; each sample narrows and moves it, and after some dozen the prior
 * hardly matters. `prior.p10`, `p50` and `p90` are above 0.
 */
export function predict(samples: Samples, prior: Range): Range {
  const { count, meanLog, squaresLog } = samples;
  if (count === 0) return prior;
  const middle = Math.log(prior.p50);
  const spread = Math.max((Math.log(prior.p90) - Math.log(prior.p10)) / (2 * PRIOR_T90), 1e-6);
  const beta = (spread * spread * WORTH_SPREAD * WORTH) / (WORTH + 1);

  const worth = WORTH + count;
  const mean = (WORTH * middle + count * meanLog) / worth;
  const alpha = WORTH_SPREAD + count / 2;
  const apart = meanLog - middle;
  const betaNow = beta + squaresLog / 2 + (WORTH * count * apart * apart) / (2 * worth);
  const scale = Math.sqrt((betaNow * (worth + 1)) / (alpha * worth));
  const reach = scale * studentT90(2 * alpha);
  return { p10: Math.exp(mean - reach), p50: Math.exp(mean), p90: Math.exp(mean + reach) };
}

/** The samples of values, all above 0. */
export function samplesOf(values: readonly number[]): Samples {
  if (values.length === 0) return NO_SAMPLES;
  const logs = values.map(Math.log);
  const meanLog = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const squaresLog = logs.reduce((sum, log) => sum + (log - meanLog) ** 2, 0);
  return { count: values.length, meanLog, squaresLog };
}
