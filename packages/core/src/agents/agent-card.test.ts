import { expect, test } from "vitest";
import { AgentCard, cardOf, readCard } from "./agent-card.ts";

const ONE = {
  name: "Recipe Agent",
  description: "Helps with recipes",
  supportedInterfaces: [
    { url: "https://recipes.example/a2a", protocolBinding: "JSONRPC", protocolVersion: "1.0" },
  ],
  provider: { url: "https://recipes.example", organization: "Recipes" },
  version: "1.2.0",
  capabilities: { streaming: true },
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain"],
  skills: [
    { id: "find_recipe", name: "Find a recipe", description: "By what there is", tags: ["Food"] },
    { id: "Plan Meals", name: "Plan", description: "For a week", tags: [] },
  ],
};
const BEFORE = {
  protocolVersion: "0.3.0",
  name: "Old",
  description: "",
  url: "https://old.example/a2a",
  preferredTransport: "JSONRPC",
  additionalInterfaces: [{ url: "https://old.example/rest", transport: "HTTP+JSON" }],
  version: "0.1",
  capabilities: {},
  defaultInputModes: [],
  defaultOutputModes: [],
  skills: [{ id: "talk", name: "Talk", description: "Talks", tags: [] }],
};

test("a card of 1.0 becomes an agent: names that ours can be, skills as capabilities", () => {
  expect(readCard(ONE)).toMatchObject({
    success: true,
    data: {
      name: "recipe-agent",
      version: "1.2.0",
      tags: ["food"],
      capabilities: [
        { capability: "find_recipe", title: "Find a recipe" },
        { capability: "plan-meals", title: "Plan" },
      ],
    },
  });
});

test("a card of 0.3 is read as well, with all of its interfaces", () => {
  expect(readCard(BEFORE).data?.card.supportedInterfaces).toEqual([
    { url: "https://old.example/a2a", protocolBinding: "JSONRPC", protocolVersion: "0.3.0" },
    { url: "https://old.example/rest", protocolBinding: "HTTP+JSON", protocolVersion: "0.3.0" },
  ]);
});

test.each([
  ["no skills", { ...ONE, skills: [] }, ["skills"]],
  ["no name", { ...ONE, name: undefined }, ["name"]],
  ["a name of nothing", { ...ONE, name: "???" }, ["name"]],
  ["a skill of nothing", { ...ONE, skills: [{ id: "—" }] }, ["skills", 0, "id"]],
  ["no card at all", ["x"], []],
  ["what cannot be stored", { ...ONE, extra: "\u0000" }, ["extra"]],
])("%s is refused by its path", (_what, card, path) => {
  expect(readCard(card).error?.issues[0]?.path).toEqual(path);
});

test("what we serve is a card of 1.0, reached through us, that can be read again", () => {
  const card = cardOf(
    {
      name: "patcher",
      description: "",
      version: "2.1.0",
      tags: ["code"],
      capabilities: [{ capability: "find_recipe", title: null }],
      imported: readCard(ONE).data?.card ?? null,
    },
    "https://nofx.example/api/tasks",
  );
  expect(AgentCard.parse(card)).toEqual(card);
  expect(card).toMatchObject({
    supportedInterfaces: [{ url: "https://nofx.example/api/tasks", protocolBinding: "NOFX-TASKS" }],
    version: "2.1.0",
    provider: { organization: "Recipes" },
    skills: [{ id: "find_recipe", name: "Find a recipe", tags: ["code", "Food"] }],
  });
  expect(readCard(card)).toMatchObject({ success: true, data: { name: "patcher" } });
});
