import { answerAgentScaler } from "@nofx/control/agents";
import { parseInput } from "@nofx/control/command";
import type { DemandRecord } from "@nofx/control/steps";
import { ScaleAgentsInput } from "@nofx/core/api";
import { NofxError, problemResponse } from "@nofx/core/errors";
import { TenantId, toUuid } from "@nofx/core/vocabulary";

const Question = ScaleAgentsInput.extend({ tenant: TenantId });

/**
 * `GET /scale/agents?tenant=tenant_…&capability=code.patch`: how many processes of agents a capability asks for, as KEDA's metrics-api
 * scaler reads it.
 */
export async function answerAgentScale(
  params: URLSearchParams,
  demand: () => Promise<DemandRecord[]>,
): Promise<Response> {
  try {
    const { tenant, ...question } = parseInput(Question, Object.fromEntries(params));
    const tenantId = toUuid("tenant", tenant);
    const own = (await demand()).filter((one) => one.tenant_id === tenantId);
    return Response.json(answerAgentScaler(own, question));
  } catch (error) {
    return problemResponse(NofxError.is(error) ? error : new NofxError("unavailable"));
  }
}
