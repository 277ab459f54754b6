import { getArtifactLineage, getItemLineage } from "@nofx/control/lineage";
import { ArtifactLineageInput, ItemLineageInput, LineageView } from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest } from "../openapi-meta.ts";
import { query } from "../trpc.ts";

const TAG = "lineage";

export const lineageRouter = {
  item: query
    .meta(
      rest("/lineage/item/{itemId}", TAG, {
        operationId: "getItemLineage",
        summary:
          "What became of a backlog item: plan versions, verdicts, approvals, runs, artifacts",
      }),
    )
    .input(ItemLineageInput)
    .output(LineageView)
    .query(({ ctx, input }) => getItemLineage(ctx.member, input)),

  artifact: query
    .meta(
      rest("/lineage/artifact/{artifactId}", TAG, {
        operationId: "getArtifactLineage",
        summary: "What an artifact was made for, and who decided so",
      }),
    )
    .input(ArtifactLineageInput)
    .output(LineageView)
    .query(({ ctx, input }) => getArtifactLineage(ctx.member, input)),
} satisfies TRPCRouterRecord;
