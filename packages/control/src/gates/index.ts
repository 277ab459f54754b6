export { judge, type Judgement, type PlanToJudge } from "./judge.ts";
export { getRule, listRules } from "./list-rules.ts";
export { replayRule } from "./replay-rule.ts";
export { readRuleDocument, reportBuiltIn, reportRules, type RuleReport } from "./rule-document.ts";
export { saveRule } from "./save-rule.ts";
export { getGateSettings, setGateSettings } from "./settings.ts";
export { switchRule } from "./switch-rule.ts";
export { testRule, tryRule } from "./test-rule.ts";
