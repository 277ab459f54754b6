import { describeEvent, type AgentEvent } from "./events.ts";

/** Tells a listener, or stderr where there is none. A listener that throws must not take the agent with it. */
export function reporter(
  listener: ((event: AgentEvent) => void) | undefined,
): (event: AgentEvent) => void {
  if (!listener) return (event) => console.error(describeEvent(event));
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      console.error("onEvent threw:", error);
    }
  };
}
