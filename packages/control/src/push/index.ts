export {
  getAgentEndpoint,
  removeAgentEndpoint,
  rotateAgentEndpointSecret,
  switchAgentEndpoint,
} from "./change.ts";
export { describePush } from "./describe-push.ts";
export type { PushLease, PushOutcome, PushStore } from "./push-store.ts";
export { setAgentEndpoint } from "./set.ts";
