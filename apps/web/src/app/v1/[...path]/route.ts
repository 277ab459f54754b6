import { modelEndpoint } from "#server/model-endpoint.ts";

export const dynamic = "force-dynamic";
export const maxDuration = 300;

function handle(request: Request): Promise<Response> {
  return modelEndpoint().handle(request);
}

export const GET = handle;
export const POST = handle;
export const PUT = handle;
export const PATCH = handle;
export const DELETE = handle;
