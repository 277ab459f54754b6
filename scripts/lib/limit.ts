/** Runs the jobs with at most `width` at a time; results come in the order of the jobs. */
export async function runLimited<T>(
  width: number,
  jobs: readonly (() => Promise<T>)[],
): Promise<T[]> {
  const results: T[] = [];
  const queue = jobs.entries();
  const work = async () => {
    for (const [index, job] of queue) results[index] = await job();
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, work));
  return results;
}
