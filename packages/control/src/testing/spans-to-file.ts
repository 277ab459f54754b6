import { appendFileSync } from "node:fs";
import { OpenTelemetry } from "@ai-sdk/otel";
import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { registerTelemetry } from "ai";

// Loaded into a process before its own code (`node --import`), as an operator would load what collects traces: each span is a line of the file.

const file = process.env["SPANS_FILE"];
if (file === undefined) throw new Error("SPANS_FILE names no file");
trace.setGlobalTracerProvider(
  new BasicTracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor({
        export(spans, done) {
          for (const { name, attributes, events, status, resource } of spans) {
            const { attributes: of } = resource;
            appendFileSync(file, `${JSON.stringify({ name, attributes, events, status, of })}\n`);
          }
          done({ code: 0 });
        },
        shutdown: () => Promise.resolve(),
      }),
    ],
  }),
);
registerTelemetry(new OpenTelemetry());
