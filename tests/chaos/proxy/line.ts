import { connect, type Socket } from "node:net";
import { isExchange, resultsOf, settlementsOf, type SentSettlement } from "./exchange.ts";
import { MessageReader, stateOf, statementOf, type Message } from "./messages.ts";
import type { ProxyState } from "./proxy.ts";

/** `app.submit_tasks` is a transaction of its own. */
const STORES_AN_ANSWER = /app\.keep_answer\(|app\.submit_tasks\(/i;
const COMMITS = /^commit\b|app\.submit_tasks\(/i;

/** The application name of the people's connections. */
export const CLIENT = "chaos client";

/** One connection through the proxy. */
export class Line {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #state: ProxyState;
  #statement = "";
  #settlements: SentSettlement[] = [];
  #isClient = false;
  /** This transaction stores the answer to a request under its key. */
  #answered = false;
  /** The reply of a statement that is to be cut, held back until it is complete. */
  #withheld: Message[] | undefined;
  /** What the client sent while its line was held up. */
  #delayed: Buffer[] | undefined;

  constructor(client: Socket, port: number, state: ProxyState) {
    this.#client = client;
    this.#server = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#state = state;
    const sent = new MessageReader(false);
    const answered = new MessageReader(true);
    client.on("data", (chunk: Buffer) => sent.read(chunk).forEach((one) => this.#fromClient(one)));
    this.#server.on("data", (chunk: Buffer) =>
      answered.read(chunk).forEach((one) => this.#fromServer(one)),
    );
    for (const socket of [client, this.#server]) {
      socket.on("error", () => this.cut());
      socket.on("close", () => this.cut());
    }
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #fromClient(message: Message): void {
    if (message.type === "") this.#isClient = message.bytes.includes(CLIENT);
    const statement = statementOf(message);
    if (statement !== undefined) {
      this.#statement = statement;
      this.#settlements = [];
      if (/^begin\b/i.test(statement)) this.#answered = false;
      if (STORES_AN_ANSWER.test(statement)) this.#answered = true;
      if (COMMITS.test(statement) && this.#cutsCommit()) this.#withheld = [];
    }
    if (message.type === "B" && isExchange(this.#statement)) {
      this.#settlements = settlementsOf(message);
      if (this.#settlements.length > 0) {
        if (this.#state.takeCut("exchange")) this.#withheld = [];
        else if (this.#delayed === undefined) this.#hold();
      }
    }
    if (this.#delayed === undefined) this.#server.write(message.bytes);
    else this.#delayed.push(message.bytes);
  }

  #cutsCommit(): boolean {
    return this.#isClient && this.#answered && this.#state.takeCut("commit");
  }

  #hold(): void {
    const held = this.#state.takeHold(this.#settlements);
    if (held === undefined) return;
    this.#delayed = [];
    void held.released.then(() => {
      for (const bytes of this.#delayed ?? []) this.#server.write(bytes);
      this.#delayed = undefined;
    });
  }

  #fromServer(message: Message): void {
    if (message.type === "D" && isExchange(this.#statement)) {
      this.#state.heard(resultsOf(message));
    }
    if (this.#withheld === undefined) {
      this.#client.write(message.bytes);
      return;
    }
    this.#withheld.push(message);
    if (message.type !== "Z") return;
    const failed = this.#withheld.some(({ type }) => type === "E");
    const answer = this.#withheld;
    this.#withheld = undefined;
    if (!failed && stateOf(message) === "I") {
      // done and durable; only whoever asked for it will not hear so
      this.#state.wasCut({ statement: this.#statement, settlements: this.#settlements });
      this.cut();
    } else {
      for (const { bytes } of answer) this.#client.write(bytes);
    }
  }
}
