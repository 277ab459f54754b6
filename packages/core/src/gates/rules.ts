import { approversByLabel } from "./compliance/approvers-by-label.ts";
import { changeWindow } from "./compliance/change-window.ts";
import { dataResidency } from "./compliance/data-residency.ts";
import { licence } from "./compliance/licence.ts";
import { retentionClass } from "./compliance/retention-class.ts";
import { separationOfDuties } from "./compliance/separation-of-duties.ts";
import { noForecast } from "./resource/no-forecast.ts";
import { costBudget, dayBudget, timeBudget, tokenBudget } from "./resource/over-budget.ts";
import { quota } from "./resource/quota.ts";
import { approvalNeeded } from "./risk/approval-needed.ts";
import { blastRadius } from "./risk/blast-radius.ts";
import { changeSize } from "./risk/change-size.ts";
import { novelty } from "./risk/novelty.ts";
import { productionNotSensitive } from "./risk/production-not-sensitive.ts";
import { sandboxUnavailable } from "./risk/sandbox-unavailable.ts";
import { secretInArguments } from "./risk/secret-in-arguments.ts";
import { shellNotTrusted } from "./risk/shell-not-trusted.ts";
import { toolSensitivity } from "./risk/tool-sensitivity.ts";
import type { GateRule } from "./rule.ts";
import { emptyPlan } from "./structural/empty-plan.ts";
import { fanOut } from "./structural/fan-out.ts";
import { irreversibleWithoutUndo } from "./structural/irreversible-without-undo.ts";
import { loop } from "./structural/loop.ts";
import { missingNeed } from "./structural/missing-need.ts";
import { noOwner } from "./structural/no-owner.ts";
import { orphan } from "./structural/orphan.ts";
import { sensitiveWithoutOwner } from "./structural/sensitive-without-owner.ts";
import { unplannedItem } from "./structural/unplanned-item.ts";
import { unreachable } from "./structural/unreachable.ts";
import { untestedChange } from "./structural/untested-change.ts";
import { unusedArguments } from "./structural/unused-arguments.ts";

/** Every rule that comes with the product, the gravest of each gate first. */
export const GATE_RULES: readonly GateRule[] = [
  emptyPlan,
  loop,
  missingNeed,
  unreachable,
  unplannedItem,
  unusedArguments,
  irreversibleWithoutUndo,
  sensitiveWithoutOwner,
  untestedChange,
  fanOut,
  orphan,
  noOwner,
  shellNotTrusted,
  sandboxUnavailable,
  secretInArguments,
  productionNotSensitive,
  toolSensitivity,
  blastRadius,
  changeSize,
  novelty,
  approvalNeeded,
  approversByLabel,
  dataResidency,
  retentionClass,
  licence,
  separationOfDuties,
  changeWindow,
  costBudget,
  tokenBudget,
  timeBudget,
  dayBudget,
  quota,
  noForecast,
];

/** Those that tasks without a plan are held against: about the step itself, by facts that cost no look-up. */
export const TASK_RULES: readonly GateRule[] = [
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
