import type { Client } from "@modelcontextprotocol/client";

/** One connection for all tasks of a server, made when it is needed and again after it broke. */
export class Connection {
  readonly #connect: () => Promise<Client>;
  #client: Promise<Client> | undefined;

  constructor(connect: () => Promise<Client>) {
    this.#connect = connect;
  }

  client(): Promise<Client> {
    if (this.#client) return this.#client;
    const opening = this.#connect();
    this.#client = opening;
    const forget = () => {
      if (this.#client === opening) this.#client = undefined;
    };
    opening.then((client) => {
      const { onclose } = client;
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a client is no EventTarget
      client.onclose = () => {
        forget();
        onclose?.();
      };
    }, forget);
    return opening;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.close();
  }
}
