import process from "node:process";

/** A variable that the function cannot do without. */
export function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`Set ${name} for this function.`);
  return value;
}

/** What lets callers in: long enough that nobody guesses it. */
export function token(name: string): string {
  const value = needed(name);
  if (value.length < 32) throw new Error(`${name} has to have at least 32 characters.`);
  return value;
}

/** Codes and messages of our own alone: errors of others may repeat what they were given. */
export function report(error: unknown): void {
  const { name = "Error", code = "" } = error as { name?: string; code?: string };
  console.error(JSON.stringify({ level: "error", name, code }));
}

/** Answers requests: where Supabase says, or on NOFX_FUNCTION_PORT of this machine. */
export function serve(answer: (request: Request) => Promise<Response>): void {
  const port = process.env["NOFX_FUNCTION_PORT"];
  if (port === undefined) Deno.serve(answer);
  else {
    const onListen = (address: Deno.NetAddr) => {
      console.log(JSON.stringify({ level: "info", listening: address.port }));
    };
    Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen }, answer);
  }
}
