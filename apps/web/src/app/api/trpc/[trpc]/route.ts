import { handleTrpc } from "#server/handle-trpc.ts";

export const dynamic = "force-dynamic";

export const GET = handleTrpc;
export const POST = handleTrpc;
