import { randomUUID } from "node:crypto";
import { toId } from "@nofx/core/vocabulary";

export const newStepId = () => toId("step", randomUUID());
export const newMessageId = () => toId("message", randomUUID());
export const newRunId = () => toId("run", randomUUID());
export const newToolRunId = () => toId("toolRun", randomUUID());
export const newArtifactId = () => toId("artifact", randomUUID());
export const AGENT_ID = toId("agent", "0192f0a1-0000-7000-8000-00000000000a");
export const TENANT_ID = toId("tenant", "0192f0a1-0000-7000-8000-00000000000b");
export const newEventId = () => toId("externalEvent", randomUUID());
