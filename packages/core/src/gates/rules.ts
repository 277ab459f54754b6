import { approvalNeeded } from "./risk/approval-needed.ts";
import { productionNotSensitive } from "./risk/production-not-sensitive.ts";
import { sandboxUnavailable } from "./risk/sandbox-unavailable.ts";
import { secretInArguments } from "./risk/secret-in-arguments.ts";
import { shellNotTrusted } from "./risk/shell-not-trusted.ts";
import type { GateRule } from "./rule.ts";
import { emptyPlan } from "./structural/empty-plan.ts";
import { fanOut } from "./structural/fan-out.ts";
import { irreversibleWithoutUndo } from "./structural/irreversible-without-undo.ts";
import { loop } from "./structural/loop.ts";
import { missingNeed } from "./structural/missing-need.ts";
import { sensitiveWithoutOwner } from "./structural/sensitive-without-owner.ts";
import { unplannedItem } from "./structural/unplanned-item.ts";
import { unusedArguments } from "./structural/unused-arguments.ts";

/** Every rule of every gate, the gravest of each gate first. */
export const GATE_RULES: readonly GateRule[] = [
  emptyPlan,
  loop,
  missingNeed,
  unplannedItem,
  unusedArguments,
  irreversibleWithoutUndo,
  sensitiveWithoutOwner,
  fanOut,
  shellNotTrusted,
  sandboxUnavailable,
  secretInArguments,
  productionNotSensitive,
  approvalNeeded,
];
