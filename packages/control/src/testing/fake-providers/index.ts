export type { FakeAnswer } from "./fake-answer.ts";
export { formsOf, type FakeBehaviour } from "./fake-behaviour.ts";
export {
  startFakeProvider,
  type FakeProvider,
  type FakeProviderOptions,
  type FakeRequest,
} from "./start-fake-provider.ts";
