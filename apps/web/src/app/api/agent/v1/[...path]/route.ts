import { handleAgentRequest } from "@nofx/control/http";
import { plane } from "#server/plane.ts";

export const dynamic = "force-dynamic";
export const maxDuration = 60;

function handle(request: Request): Promise<Response> {
  return handleAgentRequest(plane(), request);
}

export const GET = handle;
export const POST = handle;
export const PUT = handle;
export const PATCH = handle;
export const DELETE = handle;
