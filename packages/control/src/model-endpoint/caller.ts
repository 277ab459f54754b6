import type { EndpointSettings } from "@nofx/core/api";
import type { Claims } from "@nofx/db/queries";

/** Who asks for a model, and what its tenant says of that. */
export interface ModelCaller {
  readonly type: "agent" | "member";
  /** A raw uuid. */
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly settings: EndpointSettings;
  readonly claims: Claims;
}
