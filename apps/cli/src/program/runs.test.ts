import { StepKind } from "@nofx/core/vocabulary";
import { Command } from "commander";
import { expect, it } from "vitest";
import { addRunsCommands } from "./runs.ts";

function programOf() {
  const program = new Command("nofx").exitOverride();
  addRunsCommands(program);
  const find = (...path: string[]) =>
    path.reduce((above, name) => above.commands.find((one) => one.name() === name)!, program);
  return { program, find };
}

it.each([
  ["list", ["runs", "--json", "-n", "3"], { json: true, limit: 3 }],
  ["tree", ["runs", "tree", "run_a", "--json"], { json: true }],
  ["show", ["runs", "show", "run_a", "--json"], { json: true }],
])("gives the options of `nofx runs` to %s", async (name, typed, options) => {
  const { program, find } = programOf();
  let given: unknown;
  const command = find("runs", name);
  command.action(() => void (given = command.opts()));
  await program.parseAsync(typed, { from: "user" });
  expect(given).toEqual(options);
});

it("names every kind of task", () => {
  const help = programOf().find("tasks", "submit").helpInformation();
  for (const kind of StepKind.options) expect(help).toContain(kind);
});
