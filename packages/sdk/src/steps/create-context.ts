import type { ClaimedStep } from "@nofx/core/contract";
import type { AnyTask, TaskContext } from "../tasks/index.ts";
import { createApprovals } from "./approvals.ts";
import { createArtifacts } from "./artifacts.ts";
import { Checkpoints } from "./checkpoints.ts";
import { createChildren } from "./children.ts";
import { createDownload } from "./download.ts";
import { createEmit } from "./emit.ts";
import type { Heartbeat } from "./heartbeats.ts";
import type { Lease } from "./lease.ts";
import type { LogBuffer } from "./log-buffer.ts";
import { createMessages } from "./messages.ts";
import { createLlm } from "./models.ts";
import { createNeeds } from "./needs.ts";
import type { StepPorts } from "./ports.ts";
import type { Stages } from "./stages.ts";
import { stepInfo } from "./step-info.ts";
import type { StepCalls } from "./step-calls.ts";
import { createTools } from "./tools.ts";
import { createWaiting } from "./waiting.ts";
import { Waits } from "./waits.ts";

export interface ContextParts {
  readonly ports: StepPorts;
  readonly task: AnyTask;
  readonly step: ClaimedStep;
  readonly lease: Lease;
  readonly calls: StepCalls;
  readonly log: LogBuffer;
  readonly heartbeat: Heartbeat;
  readonly stages: Stages;
}

/** What a handler is given. */
export function createContext(parts: ContextParts): TaskContext {
  const { ports, task, step, lease, calls, log, heartbeat, stages } = parts;
  const checkpoints = new Checkpoints(calls, lease, stages);
  const waits = new Waits(calls, lease, log);
  const info = stepInfo(step);
  const { models } = ports;
  return {
    info,
    needs: createNeeds(step, createDownload(lease, ports)),
    signal: lease.signal,
    step: checkpoints.step,
    undo: checkpoints.undo,
    approve: createApprovals(calls, lease, log, stages),
    ...createTools(calls, lease, log, stages),
    ...createWaiting(waits, stages, task.events),
    ...createChildren(calls, lease, waits, stages),
    emit: createEmit(calls, lease, stages, task.events),
    message: createMessages(calls, lease, waits, stages),
    artifact: createArtifacts(calls, lease, ports, stages),
    log: (text, level = "info") => log.add(text, level),
    progress: (percent, note) => heartbeat.progress(percent, note),
    ...(task.models === undefined || models === undefined
      ? {}
      : { llm: createLlm({ ...ports, models }, lease, stages, checkpoints, info, task.models) }),
  };
}
