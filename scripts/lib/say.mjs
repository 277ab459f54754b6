// Progress lines for whoever waits: one line per finished step with its time. On a terminal the line of the step at work is
// rewritten in place; elsewhere (CI, a pipe) a plain line appears now and then.

const terminal = process.stdout.isTTY && process.env.TERM !== "dumb";
const plainEveryMs = 10_000;

/** An error whose message is written for the person at the terminal: what is wrong and what to do. No stack is shown. */
export class Sentence extends Error {}

export function seconds(ms) {
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

function line(mark, text, ms) {
  return ms === undefined
    ? `${mark} ${text}`
    : `${mark} ${text.padEnd(60)} ${seconds(ms).padStart(8)}`;
}

/** Runs `work` as one named step. `work` gets `note(text)` to say how far it is; what it returns, if text, ends the line. */
export async function step(name, work) {
  const begun = Date.now();
  let note = "";
  let shown = begun;
  const show = () => {
    const text = note === "" ? name : `${name}: ${note}`;
    if (terminal) process.stdout.write(`\r\x1b[2K${line("…", text, Date.now() - begun)}`);
    else if (Date.now() - shown >= plainEveryMs) {
      shown = Date.now();
      console.log(line("…", text, shown - begun));
    }
  };
  const timer = setInterval(show, 250);
  timer.unref();
  if (terminal) show();
  const end = (mark, text) => {
    clearInterval(timer);
    if (terminal) process.stdout.write("\r\x1b[2K");
    console.log(line(mark, text, Date.now() - begun));
  };
  try {
    const result = await work((text) => {
      note = text;
    });
    end("✔", typeof result === "string" && result !== "" ? `${name}: ${result}` : name);
    return result;
  } catch (error) {
    end("✖", name);
    throw error;
  }
}

/** A line outside any step. */
export function say(text) {
  console.log(text);
}

/** Runs a script's main function: a Sentence is printed as it is, anything else with its stack; both exit with 1. */
export async function main(run) {
  try {
    const code = await run();
    if (typeof code === "number") process.exitCode = code;
  } catch (error) {
    console.error(error instanceof Sentence ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
