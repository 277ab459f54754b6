"use client";

import { Skeleton } from "@nofx/ui/primitives/skeleton";
import dynamic from "next/dynamic";

/** The graph, loaded when first shown: half of the pages never need its code. */
export const GraphCanvas = dynamic(
  () => import("@nofx/ui/blocks/step-graph").then((module) => module.StepGraph),
  { ssr: false, loading: () => <Skeleton className="h-[26rem]" /> },
);
