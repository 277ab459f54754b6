import { answerScaler } from "@nofx/control/queues";
import { parseInput } from "@nofx/control/command";
import type { QueueStats } from "@nofx/control/steps";
import { ScaleQueueInput } from "@nofx/core/api";
import { NofxError, problemResponse } from "@nofx/core/errors";

const FRESH_MS = 2_000;

/** Numbers of the plane, read again after two seconds: scalers ask by themselves, and several of them. */
export function fresh<T>(read: () => Promise<T>, monotonicMs: () => number): () => Promise<T> {
  let last: { at: number; stats: Promise<T> } | undefined;
  return () => {
    if (last === undefined || monotonicMs() - last.at >= FRESH_MS) {
      const stats = read();
      last = { at: monotonicMs(), stats };
      // a failure is not kept
      stats.catch(() => {
        last = undefined;
      });
    }
    return last.stats;
  };
}

/** `GET /scale?queue=default`: how many workers the plane wants for a queue, as KEDA's metrics-api scaler reads it. */
export async function answerScale(
  params: URLSearchParams,
  queues: () => Promise<QueueStats>,
): Promise<Response> {
  try {
    const question = parseInput(ScaleQueueInput, {
      queue: "default",
      ...Object.fromEntries(params),
      plane: true,
    });
    return Response.json(answerScaler(await queues(), question));
  } catch (error) {
    return problemResponse(NofxError.is(error) ? error : new NofxError("unavailable"));
  }
}
