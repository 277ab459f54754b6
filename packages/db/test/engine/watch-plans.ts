import pg from "pg";

type Node = Record<string, unknown> & {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  Plans?: Node[];
};

/** One scan or sort that a statement did, with what it cost. */
export type PlanNode = {
  type: string;
  /** Of a scan: its table, or its index where the node tells no more. */
  table: string;
  index: string;
  /** Rows that it looked at, kept or not, over all its loops. */
  rows: number;
  /** Pages that it touched. */
  pages: number;
  loops: number;
  query: string;
};

/** Runs statements as a login and tells how Postgres carried out each statement inside the functions that they call. */
export class PlanWatch {
  readonly #client: pg.Client;
  #nodes: PlanNode[] = [];

  constructor(superuserUrl: string) {
    this.#client = new pg.Client({ connectionString: superuserUrl });
    this.#client.on("notice", (notice) => {
      const json = /^duration: .* plan:\n([\s\S]*)$/.exec(notice.message ?? "")?.[1];
      if (json !== undefined) {
        const told = JSON.parse(json) as { "Query Text": string; Plan: Node };
        collect(told.Plan, told["Query Text"], this.#nodes);
      }
    });
  }

  async start(): Promise<void> {
    await this.#client.connect();
    await this.#client.query(
      `load 'auto_explain';
       set auto_explain.log_nested_statements = on; set auto_explain.log_analyze = on; set auto_explain.log_buffers = on;
       set auto_explain.log_timing = off; set auto_explain.log_format = json; set auto_explain.log_min_duration = 0;
       set client_min_messages = log; set session authorization nofx_worker`,
    );
  }

  /** The first answer of the statement, and every scan and sort on the way to it. */
  async run<T>(text: string, values: unknown[]): Promise<{ value: T; nodes: PlanNode[] }> {
    this.#nodes = [];
    const { rows } = await this.#client.query<{ value: T }>(text, values);
    return { value: rows[0]?.value as T, nodes: this.#nodes };
  }

  async as(login: string): Promise<void> {
    await this.#client.query("reset session authorization");
    await this.#client.query(`set session authorization ${login}`);
  }

  end(): Promise<void> {
    return this.#client.end();
  }
}

function collect(node: Node, query: string, into: PlanNode[]): void {
  const type = node["Node Type"];
  const loops = Number(node["Actual Loops"] ?? 1);
  const each =
    Number(node["Actual Rows"] ?? 0) +
    Number(node["Rows Removed by Filter"] ?? 0) +
    Number(node["Rows Removed by Index Recheck"] ?? 0);
  if (
    (type.endsWith("Scan") && (node["Relation Name"] ?? node["Index Name"]) !== undefined) ||
    type.endsWith("Sort")
  ) {
    into.push({
      type,
      table: node["Relation Name"] ?? "",
      index: node["Index Name"] ?? "",
      rows: Math.ceil(each * loops),
      pages: Number(node["Shared Hit Blocks"] ?? 0) + Number(node["Shared Read Blocks"] ?? 0),
      loops,
      query,
    });
  }
  for (const child of node.Plans ?? []) {
    collect(child, query, into);
  }
}
