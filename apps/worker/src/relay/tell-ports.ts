import type { AllowedHosts } from "@nofx/control/net";
import type { RelayStore } from "@nofx/control/steps";
import type { Seams } from "@nofx/core/seams";
import type { Mailer } from "./send-mail.ts";

export interface TellPorts {
  readonly store: RelayStore;
  readonly seams: Pick<Seams, "clock" | "random">;
  readonly allowed: AllowedHosts;
  readonly onTold: (outcome: "delivered" | "failed" | "disabled") => void;
  /** Where the dashboard is, for links. */
  readonly publicUrl?: string | undefined;
  /** Nothing: mails wait, and say why. */
  readonly mailer?: Mailer | undefined;
}
