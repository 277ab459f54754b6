"use client";

import { FLAGS, type FlagName } from "@nofx/core/flags";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "#trpc/react.tsx";

/** Why a path is closed, as a sentence; empty where it is open, and until that is known: the server decides again. */
export function useFlagReason(name: FlagName | undefined): string {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.flags.list.queryOptions({}, { enabled: name !== undefined }));
  const flag = data?.flags.find((one) => one.name === name);
  if (flag === undefined || flag.enabled) return "";
  const why =
    flag.source === "environment"
      ? `The server's environment sets ${flag.name}=off.`
      : flag.note !== null && `${flag.updatedBy ?? "Somebody"} says: ${flag.note}.`;
  return [FLAGS[flag.name].whenOff, why, "An admin can change it under Flags."]
    .filter(Boolean)
    .join(" ");
}
