import {
  exportAudit,
  makeSigningKey,
  readAuditExport,
  readAuditKeys,
  readSigningKey,
  signDue,
} from "@nofx/control/audit";
import type { MemberContext } from "../../src/command/context.ts";
import type { WorkerEngine } from "@nofx/control/steps";
import { again, type TestPlane } from "@nofx/control/testing";
import { writeLine } from "@nofx/core/audit";

export const pair = makeSigningKey();
export const keys = readAuditKeys([pair.publicKey]);

/** Signs what every chain holds now, as the leader of a new term. */
export async function signAll(
  t: TestPlane,
  engine: WorkerEngine,
  privateKey = pair.privateKey,
): Promise<{ kept: number; refused: string[] }> {
  const { rows } = await t.owner.query<{ term: number }>(
    `insert into engine.leaders as l (role, term, holder, since) values ('auditor', 1, 'test', clock_timestamp())
     on conflict (role) do update set term = l.term + 1 returning term::integer`,
  );
  return signDue(engine.audit, rows[0]?.term ?? 0, readSigningKey(privateKey), 0);
}

/** An export as its lines, read in pages of that size. */
export async function exportLines(
  ctx: MemberContext,
  range: { from?: number; to?: number } = {},
  limit = 50,
): Promise<string[]> {
  const made = await exportAudit(again(ctx), range);
  const { tenant, from, to, kids } = made;
  const lines = [
    writeLine({ type: "header", format: "nofx.audit.export.v1", tenant, from, to, kids }),
  ];
  let entries = 0;
  let digests = 0;
  for (let after: number | null | undefined; after !== null;) {
    const asked = { ...made, limit, ...(after !== undefined && { after }) };
    const page = await readAuditExport(ctx, asked);
    lines.push(...page.lines);
    entries += page.entries;
    digests += page.digests;
    after = page.after;
  }
  return [...lines, writeLine({ type: "end", entries, digests })];
}
