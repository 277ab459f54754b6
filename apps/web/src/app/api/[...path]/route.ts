import { handleRest } from "#server/rest/handle-rest.ts";

export const dynamic = "force-dynamic";

// Every method, so that one that an address does not answer to gets our problem and not the framework's empty 405.
export const GET = handleRest;
export const POST = handleRest;
export const PUT = handleRest;
export const PATCH = handleRest;
export const DELETE = handleRest;
