import { ErrorCode, HTTP_STATUS, PROBLEM_CONTENT_TYPE, Problem } from "@nofx/core/errors";
import { generateOpenApiDocument } from "trpc-to-openapi";
import { appRouter } from "../root.ts";

type Document = ReturnType<typeof generateOpenApiDocument>;

const QUESTION_STATUSES = [400, 401, 403, 404, 429, 500, 503];
const COMMAND_STATUSES = [400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503];
const METHODS = ["get", "post"] as const;

function problemResponses(statuses: readonly number[]) {
  return Object.fromEntries(
    statuses.map((status) => {
      const codes = ErrorCode.options.filter((code) => HTTP_STATUS[code] === status);
      const content = {
        [PROBLEM_CONTENT_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } },
      };
      return [status, { description: `A problem. Codes: ${codes.join(", ")}`, content }];
    }),
  );
}

/** The OpenAPI 3.1 document of the REST routes, made from the procedures that answer them. */
export function openApiDocument(): Document {
  const document = generateOpenApiDocument(appRouter, {
    title: "NOFX Control Plane",
    version: "1.0.0",
    description:
      "Plan a backlog, judge it at gates, approve what is sensitive, execute durably, watch live. " +
      "Every POST carries an Idempotency-Key. Every error is application/problem+json with a stable code.",
    baseUrl: "/api",
    tags: [
      "backlog",
      "plans",
      "agents",
      "approvals",
      "runs",
      "tasks",
      "dead letters",
      "waits",
      "queues",
      "workers",
      "schedules",
      "webhooks",
      "retention",
      "events",
      "session",
      "system",
    ],
    securitySchemes: {
      bearer: {
        type: "http",
        scheme: "bearer",
        bearerFormat: "JWT",
        description: "An access token of Supabase Auth",
      },
      session: {
        type: "apiKey",
        in: "cookie",
        name: "nofx-session",
        description: "The dashboard's own session; commands then have to come from its origin",
      },
    },
    defs: { Problem },
  });
  for (const path of Object.values(document.paths ?? {})) {
    for (const method of METHODS) {
      const operation = path[method];
      if (!operation) continue;
      const ok = operation.responses?.["200"];
      operation.responses = {
        ...(ok === undefined ? {} : { 200: ok }),
        ...problemResponses(method === "get" ? QUESTION_STATUSES : COMMAND_STATUSES),
      };
    }
  }
  const { schemas } = document.components ?? {};
  if (document.components && schemas) {
    document.components.schemas = Object.fromEntries(
      Object.entries(schemas).filter(([name]) => !name.startsWith("error.")),
    );
  }
  return document;
}
