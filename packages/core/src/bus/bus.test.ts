import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toId } from "../vocabulary/ids.ts";
import {
  Address,
  addressText,
  ChannelPattern,
  Channel,
  covers,
  mayUse,
  needlesOf,
  parseAddress,
  REDACTED,
  ruleFor,
  takeFields,
  takeMatches,
  textsIn,
  type ChannelRule,
  type Principal,
  type Target,
} from "./index.ts";

const segment = fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/);
const channel = fc
  .tuple(segment, fc.array(fc.tuple(fc.constantFrom(".", ":", "/"), segment), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.map(([by, one]) => by + one).join(""));
const pattern = fc.oneof(
  channel,
  fc.constant("*"),
  fc.tuple(channel, fc.constantFrom(".", ":", "/")).map(([name, by]) => `${name}${by}*`),
);
const agents = ["a1", "a2", "a3"];
const type = fc.constantFrom(null, "x.a", "x.a.b", "x.ab", "message.sent");
const rule: fc.Arbitrary<ChannelRule> = fc.record({
  agentId: fc.constantFrom(null, ...agents),
  channel: pattern,
  typePrefix: fc.constantFrom("", "x", "x.a", "message"),
  verb: fc.constantFrom("send", "read"),
  effect: fc.constantFrom("allow", "deny"),
});
const target: fc.Arbitrary<Target> = fc.record({
  tenantId: fc.constantFrom("t1", "t2"),
  kind: fc.constantFrom("tenant", "run", "session", "step", "agent"),
  id: fc.constantFrom("t1", "r1", "s1", "st1", ...agents),
  channel,
  runId: fc.constantFrom("r1", "r2"),
});
const who: fc.Arbitrary<Principal> = fc.oneof(
  fc.record({
    type: fc.constant("agent" as const),
    tenantId: fc.constantFrom("t1", "t2"),
    agentId: fc.constantFrom(...agents),
    stepId: fc.constantFrom(undefined, "st1"),
    runId: fc.constantFrom(undefined, "r1"),
    sessionIds: fc.constantFrom([], ["s1"]),
  }),
  fc.record({
    type: fc.constant("member" as const),
    tenantId: fc.constantFrom("t1", "t2"),
    mayControl: fc.boolean(),
  }),
);
const verb = fc.constantFrom("send" as const, "read" as const);

describe("channels", () => {
  it("a pattern covers itself or what is below it, and every pattern and channel is one by its schema", () => {
    fc.assert(
      fc.property(channel, channel, fc.constantFrom(".", ":", "/"), (name, other, by) => {
        expect(Channel.safeParse(name).success).toBe(true);
        expect(ChannelPattern.safeParse(`${name}${by}*`).success).toBe(true);
        expect(covers(name, name)).toBe(true);
        expect(covers(`${name}${by}*`, name)).toBe(false);
        expect(covers(`${name}${by}*`, `${name}${by}${other}`)).toBe(true);
        expect(covers(`${name}${by}*`, `${name}x${other}`)).toBe(false);
        expect(covers(name, other)).toBe(name === other);
      }),
    );
  });

  it("an address is read as it was written", () => {
    const uuid = "0192f0a1-0000-7000-8000-000000000001";
    fc.assert(
      fc.property(
        channel,
        fc.constantFrom("run", "session", "step", "agent", "tenant"),
        (at, kind) => {
          const address = Address.parse({
            ...(kind !== "tenant" && { [kind]: toId(kind as "run", uuid).replace("run", kind) }),
            channel: at,
          });
          expect(parseAddress(addressText(address))).toEqual(address);
        },
      ),
    );
    expect(Address.safeParse({ run: toId("run", uuid), step: toId("step", uuid) }).success).toBe(
      false,
    );
    for (const wrong of ["", "run/x", "nobody:1/x", "tenant:1/x"]) {
      expect(parseAddress(wrong)).toBeUndefined();
    }
  });
});

describe("who may use a channel", () => {
  it("nobody reaches another tenant, whatever the rules say", () => {
    fc.assert(
      fc.property(who, verb, target, type, fc.array(rule), (by, does, to, of, rules) => {
        fc.pre(by.tenantId !== to.tenantId);
        expect(mayUse(by, does, to, of, rules)).toMatchObject({ code: "recipient_unknown" });
      }),
    );
  });

  it("rules close what is open and open nothing that is closed", () => {
    fc.assert(
      fc.property(who, verb, target, type, fc.array(rule), (by, does, to, of, rules) => {
        const [open, ruled] = [[], rules].map((one) => mayUse(by, does, to, of, one).allowed);
        expect(open === true || ruled === false).toBe(true);
      }),
    );
  });

  it("the order of rules changes nothing, nor does one that does not fit", () => {
    fc.assert(
      fc.property(verb, channel, type, fc.array(rule), rule, (does, at, of, rules, more) => {
        const [agentId = ""] = agents;
        const effect = (of_: readonly ChannelRule[]) => ruleFor(agentId, does, at, of, of_)?.effect;
        expect(effect(rules.toReversed())).toBe(effect(rules));
        const fits = ruleFor(agentId, does, at, of, [more]) !== undefined;
        expect(fits || effect([...rules, more]) === effect(rules)).toBe(true);
        const denying = rules.some((one) => one.effect === "deny" && one.verb === does);
        expect(denying || effect(rules) !== "deny").toBe(true);
      }),
    );
  });

  it("what is as exact as what allows it, denies it", () => {
    fc.assert(
      fc.property(rule, channel, (one, at) => {
        const both = [
          { ...one, effect: "allow" as const },
          { ...one, effect: "deny" as const },
        ];
        const found = ruleFor(one.agentId ?? "a1", one.verb, at, "x.a", both);
        expect(found?.effect ?? "deny").toBe("deny");
      }),
    );
  });

  it("an agent's channels are read by it alone, a step's by who holds it, answers by nobody else", () => {
    const agent = {
      type: "agent",
      tenantId: "t1",
      agentId: "a1",
      stepId: "st1",
      runId: "r1",
    } as const;
    const at = (kind: Target["kind"], id: string, name = "c") =>
      ({ tenantId: "t1", kind, id, channel: name, runId: "r1" }) as const;
    const may = (does: "send" | "read", to: Target) => mayUse(agent, does, to, null, []).allowed;
    expect([may("read", at("agent", "a1")), may("read", at("agent", "a2"))]).toEqual([true, false]);
    expect([may("read", at("step", "st1")), may("read", at("step", "st2"))]).toEqual([true, false]);
    expect([may("send", at("agent", "a2")), may("send", at("agent", "a2", "reply/x"))]).toEqual([
      true,
      false,
    ]);
    expect([
      may("send", at("run", "r1", "supervisors")),
      may("read", at("run", "r1", "supervisors")),
    ]).toEqual([true, false]);
    expect([may("send", at("run", "r2")), may("send", at("session", "s1"))]).toEqual([
      false,
      false,
    ]);
  });
});

describe("redaction", () => {
  it("what is taken out by text is in nothing that is left, and is told", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.stringMatching(/^[a-z]{4,9}$/), (value, text) => {
        const holding = { value, deep: [`before ${text} after`], [`key ${text}`]: 1 };
        const { left, removed } = takeMatches(holding, (from) =>
          from.includes(text) ? [text] : [],
        );
        expect(JSON.stringify(left)).not.toContain(text);
        expect(new Set(removed)).toEqual(new Set([text]));
      }),
    );
  });

  it("fields go by their pointers, and nothing else does", () => {
    const value = {
      a: { "b/c": "secret text", d: 1 },
      list: [{ x: "one text" }, { x: "two text" }],
    };
    const { left, removed } = takeFields(value, ["/a/b~1c", "/list/1/x", "/none/of/it"]);
    expect(left).toEqual({
      a: { "b/c": REDACTED, d: 1 },
      list: [{ x: "one text" }, { x: REDACTED }],
    });
    expect(removed).toEqual(["secret text", "two text"]);
    expect(takeFields(value, [""])).toEqual({ left: REDACTED, removed: textsIn(value) });
  });

  it("copies are looked for by what is too long to be there by accident", () => {
    expect(needlesOf(["ok", "yes", "a longer text", "a longer text"])).toEqual(["a longer text"]);
    const line = "a line that is long enough on its own";
    expect(needlesOf([`short\n${line}\n`])).toEqual([`short\n${line}\n`, line]);
  });
});
