import { expect, it, vi } from "vitest";
import { createFollowUp, type LinkClick, PATIENCE_MS, promisedBy } from "./follow-up.ts";

const HERE = "http://nofx.test/runs?status=failed";
const click = (
  href: string,
  over: Partial<Omit<LinkClick, "link">> & { link?: Partial<LinkClick["link"]> } = {},
): LinkClick => ({
  defaultPrevented: true,
  button: 0,
  modified: false,
  ...over,
  link: { href, target: "", download: false, opensPopup: false, ...over.link },
});

it("knows where a click that a Link took was to lead", () => {
  expect(promisedBy(click("http://nofx.test/plans"), HERE)).toBe("http://nofx.test/plans");
  expect(promisedBy(click("http://nofx.test/runs"), HERE)).toBe("http://nofx.test/runs");
});

it.each([
  ["one the browser follows", click("http://nofx.test/plans", { defaultPrevented: false })],
  ["one into a new tab", click("http://nofx.test/plans", { modified: true })],
  ["one of another button", click("http://nofx.test/plans", { button: 1 })],
  ["one with a target", click("http://nofx.test/plans", { link: { target: "_blank" } })],
  ["a download", click("http://nofx.test/plans", { link: { download: true } })],
  ["one that opens a menu", click("http://nofx.test/plans", { link: { opensPopup: true } })],
  ["one to another site", click("http://else.test/plans")],
  ["one within the page", click(`${HERE}#main`)],
  ["one without an address", click("")],
  ["one beside all links", { ...click(""), link: undefined }],
] as const)("expects nothing of %s", (_name, made) => {
  expect(promisedBy(made, HERE)).toBeUndefined();
});

function page() {
  let address = HERE;
  const timers = new Map<number, () => void>();
  const go = vi.fn();
  const followUp = createFollowUp({
    address: () => address,
    go,
    set: (run, ms) => {
      expect(ms).toBe(PATIENCE_MS);
      timers.set(timers.size, run);
      return timers.size - 1;
    },
    clear: (handle) => timers.delete(handle as number),
  });
  return {
    ...followUp,
    go,
    moveTo: (href: string) => {
      address = href;
    },
    waitItOut: () => timers.forEach((run) => run()),
  };
}

it("goes there itself when nothing has moved", () => {
  const { expect: promise, waitItOut, go } = page();
  promise("http://nofx.test/plans");
  expect(go).not.toHaveBeenCalled();
  waitItOut();
  expect(go.mock.calls).toEqual([["http://nofx.test/plans"]]);
});

it("leaves a page alone that went there, or elsewhere", () => {
  const { expect: promise, waitItOut, moveTo, go } = page();
  promise("http://nofx.test/plans");
  moveTo("http://nofx.test/approvals");
  waitItOut();
  expect(go).not.toHaveBeenCalled();
});

it("leaves a page alone that went there and came back in time", () => {
  const { expect: promise, show, waitItOut, go } = page();
  show("/runs?");
  promise("http://nofx.test/plans");
  show("/plans?");
  show("/runs?");
  waitItOut();
  expect(go).not.toHaveBeenCalled();
});

it("is not put off by the page showing itself for the first time, or again", () => {
  const { expect: promise, show, waitItOut, go } = page();
  promise("http://nofx.test/plans");
  show("/runs?");
  show("/runs?");
  waitItOut();
  expect(go).toHaveBeenCalledOnce();
});

it("forgets the promise of a page that is left", () => {
  const { expect: promise, settle, waitItOut, go } = page();
  promise("http://nofx.test/plans");
  settle();
  waitItOut();
  expect(go).not.toHaveBeenCalled();
});

it("follows the latest of two clicks only", () => {
  const { expect: promise, waitItOut, go } = page();
  promise("http://nofx.test/plans");
  promise("http://nofx.test/approvals");
  waitItOut();
  expect(go.mock.calls).toEqual([["http://nofx.test/approvals"]]);
});
