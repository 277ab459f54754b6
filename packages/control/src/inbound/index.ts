export { addInboundReceiver } from "./add.ts";
export { listInboundReceivers } from "./list.ts";
export { receiveDecision } from "./receive.ts";
export { removeInboundReceiver } from "./remove.ts";
export { rotateInboundSecret } from "./rotate-secret.ts";
export { disableInboundReceiver, enableInboundReceiver } from "./switch.ts";
