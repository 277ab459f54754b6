import { createHash, randomUUID } from "node:crypto";
import { readAuditKeys } from "@nofx/control/audit/keys";
import type { PlanView, RunView } from "@nofx/core/api";
import { checkDigest, verifyExport, writeLine, type AuditDigest } from "@nofx/core/audit";
import { check, Skip, type Step, type Target } from "../surface.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const ended = (run: RunView) => ["succeeded", "failed", "cancelled"].includes(run.status);

/** From a backlog to a finished run and its audit: all over the public API, in a pack of its own. */
export function planner(target: Target): readonly Step[] {
  const { operator, supervisor, auditKey, until } = target;
  const pack = `smoke-${randomUUID().slice(0, 8)}`;
  let shell = false;
  let plan: PlanView;
  let runId = "";
  let head: AuditDigest | undefined;

  const items = () => [
    { id: "wait", title: "Wait a second", kind: "wait", with: { seconds: 1 }, owner: "smoke" },
    {
      id: "ask",
      title: "Ask whether to go on",
      kind: "approval",
      with: { question: "May the smoke test go on?" },
      needs: ["wait"],
      owner: "smoke",
    },
    ...(shell
      ? [
          {
            id: "write",
            title: "Write a file",
            kind: "shell",
            with: { script: "echo smoke > smoke.txt", artifacts: ["smoke.txt"] },
            needs: ["ask"],
            owner: "smoke",
            sensitive: true,
          },
        ]
      : []),
  ];
  const text = () => JSON.stringify({ version: 1, pack, items: items() });
  const approveAll = async () => {
    const { items: open } = await supervisor.approvals({ status: "pending", limit: 200 });
    const ours = open.filter(
      (one) => one.planId === plan.id || (runId !== "" && one.runId === runId),
    );
    for (const one of ours) {
      const input = {
        decision: "approve",
        reason: "Smoke test",
        argumentsDigest: one.argumentsDigest,
      } as const;
      await supervisor.decide(one.id, input, randomUUID());
    }
    return ours.length;
  };

  return [
    {
      name: "operator and supervisor sign in to one tenant",
      async run() {
        const [one, other] = [await operator.session(), await supervisor.session()];
        check(one.tenant.id === other.tenant.id, "they are in different tenants");
        check(one.user.id !== other.user.id, "they are the same person: four eyes need two");
        shell = one.tenant.shell === "trusted";
        return `${one.tenant.slug}, shell ${one.tenant.shell}`;
      },
    },
    {
      name: "a backlog is imported, once by its key",
      async run() {
        const key = randomUUID();
        const first = await operator.importBacklog({ text: text() }, key);
        check(first.created === items().length, `${first.created} items were created`);
        const again = await operator.importBacklog({ text: text() }, key);
        check(again.created === first.created, "the same key gave another answer");
        return `${first.items} items in ${pack}`;
      },
    },
    {
      name: "a backlog with a loop is refused, naming the items",
      async run() {
        const loop = items().map((item) => ({ ...item, needs: ["ask"] }));
        const error = await operator
          .importBacklog({ text: JSON.stringify({ version: 1, pack, items: loop }) }, randomUUID())
          .then(
            () => undefined,
            (cause: unknown) => cause as { code?: string },
          );
        check(error?.code === "backlog_invalid", `it said ${error?.code ?? "yes"}`);
      },
    },
    {
      name: "a plan is made and judged",
      async run() {
        plan = await operator.createPlan({ pack }, randomUUID());
        check(plan.steps === items().length, `it has ${plan.steps} steps`);
        check(plan.verdict !== "block", `a gate blocks it: ${plan.blockers.join(" ")}`);
        const digests = new Set(plan.evaluations.map((one) => one.digest));
        check(digests.size === 1 && digests.has(plan.digest), "a verdict is of another digest");
        return `version ${plan.version}, ${plan.verdict}, ${plan.evaluations.length} gates`;
      },
    },
    {
      name: "the gates say the same of it, and hold for what is there",
      async run() {
        const gates = await operator.gates(plan.id);
        check(gates.current, "what was judged has changed since");
        check(gates.verdict === plan.verdict, `they say ${gates.verdict}`);
        return `${gates.gates.length} gates`;
      },
    },
    {
      name: "the operator's own approval is refused",
      async run() {
        const { items: open } = await supervisor.approvals({ status: "pending", limit: 200 });
        const ours = open.find((one) => one.planId === plan.id);
        if (ours === undefined) throw new Skip("the plan asks for no approval here");
        const error = await operator.decide(ours.id, { decision: "approve" }, randomUUID()).then(
          () => undefined,
          (cause: unknown) => cause as { code?: string },
        );
        check(
          error?.code === "forbidden" || error?.code === "approval_self",
          `it said ${error?.code ?? "yes"}`,
        );
      },
    },
    {
      name: "the supervisor approves what is asked",
      async run() {
        return `${await approveAll()} approved`;
      },
    },
    {
      name: "the plan is executed to its end",
      async run() {
        ({ runId } = await operator.executePlan(plan.id, randomUUID()));
        const run = await until("the end of the run", async () => {
          await approveAll();
          const now = await operator.run(runId);
          return ended(now) ? now : undefined;
        });
        check(run.status === "succeeded", `it ${run.status}`);
        return `${run.stepsDone} steps`;
      },
    },
    {
      name: "its file can be fetched, and is what was stored",
      async run() {
        if (!shell) throw new Skip("this tenant runs no shell steps");
        const [file] = (await operator.artifacts(runId)).items;
        check(file, "it stored no file");
        const bytes = Buffer.from(await (await fetch(file.url)).arrayBuffer());
        check(
          createHash("sha256").update(bytes).digest("hex") === file.sha256,
          "its digest differs",
        );
        return file.name;
      },
    },
    {
      name: "each decision is in the audit log",
      async run() {
        const { items: entries } = await supervisor.audit({ subject: plan.id, limit: 100 });
        const verbs = new Set(entries.map((entry) => entry.verb));
        const wanted = ["plan.created", "verdict.given", "run.started", "snapshot.taken"];
        const missing = wanted.filter((verb) => !verbs.has(verb));
        check(missing.length === 0, `it lacks ${missing.join(", ")}`);
        return `${entries.length} entries about the plan`;
      },
    },
    {
      name: "snapshots hold what their digests say",
      async run() {
        const { items: kept } = await supervisor.snapshots(plan.id);
        for (const one of kept) {
          const { text: body } = await supervisor.snapshot(one.digest);
          check(sha256(body) === one.digest, `snapshot ${one.kind} differs`);
        }
        const kinds = kept.map((one) => one.kind);
        check(
          kinds.includes("judged") && kinds.includes("executed"),
          `there are ${kinds.join(", ")}`,
        );
        return kinds.join(", ");
      },
    },
    {
      name: "a head digest is signed",
      async run() {
        const before = (await supervisor.signAudit(randomUUID())).digest?.n ?? 0;
        head = await until("the digest", async () => {
          const { digest } = await supervisor.auditHead();
          return digest !== null && digest.n > before ? digest : undefined;
        }).catch(() => {
          throw new Skip("no worker signed one: has it a key?");
        });
        if (auditKey === undefined)
          return "its signature is unchecked: no NOFX_AUDIT_PUBLIC_KEY_FILE";
        const wrong = checkDigest(head, readAuditKeys([auditKey]));
        check(wrong === undefined, wrong ?? "");
        return `digest ${head.n}, up to entry ${head.to}`;
      },
    },
    {
      name: "an export is verified against it",
      async run() {
        if (head === undefined || auditKey === undefined)
          throw new Skip("there is no head digest, or no key");
        const { digests: upTo, ...made } = await supervisor.exportAudit({}, randomUUID());
        const lines = [writeLine({ type: "header", format: "nofx.audit.export.v1", ...made })];
        let [entries, digests] = [0, 0];
        for (let after: number | null | undefined; after !== null;) {
          const asked = { from: made.from, to: made.to, digests: upTo };
          const page = await supervisor.auditLines({
            ...asked,
            ...(after !== undefined && { after }),
          });
          lines.push(...page.lines);
          entries += page.entries;
          digests += page.digests;
          after = page.after;
        }
        lines.push(writeLine({ type: "end", entries, digests }));
        const found = verifyExport(lines, { sha256, keys: readAuditKeys([auditKey]), head });
        check(found.ok, `entry ${found.firstBad?.seq}: ${found.firstBad?.why}`);
        return `${entries} entries, ${digests} digests`;
      },
    },
    {
      name: "the lineage of an item leads to its run",
      async run() {
        const [item] = (await operator.backlog({ pack, limit: 1 })).items;
        check(item, "the backlog lost the item");
        const lineage = await operator.itemLineage(item.id);
        const runs = lineage.plans.flatMap((one) => one.runs.map((run) => run.id));
        check(runs.includes(runId), "it does not name the run");
        return `${lineage.plans.length} plan versions, ${runs.length} runs`;
      },
    },
  ];
}
