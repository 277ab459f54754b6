"use client";

import {
  type InfiniteData,
  useMutation,
  useQueryClient,
  type QueryKey,
} from "@tanstack/react-query";
import type { BacklogPage, EditBacklogInput } from "@nofx/core/api";
import { useState } from "react";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";
import { movedInPages, type Place } from "./selection.ts";

/** What was done, and how to take it back. */
export interface Done {
  text: string;
  undo?: () => Promise<unknown>;
}

/** Changes of items in the list, told in a sentence and taken back at a press. Moves are shown at once and sent in their order. */
export function useItemEdits(listKey: QueryKey) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const queryClient = useQueryClient();
  const [done, setDone] = useState<Done>();
  const [error, setError] = useState<unknown>();
  const refresh = () => queryClient.invalidateQueries(trpc.backlog.pathFilter());
  const tell = (next: Done | undefined) => {
    setError(undefined);
    setDone(next);
  };

  const edit = useMutation({
    mutationFn: ({ input }: { input: EditBacklogInput; what: (changed: number) => string }) =>
      api.backlog.edit.mutate(input),
    onSuccess: ({ changed, undo }, { what }) => {
      const takeBack = async () => {
        for (const one of undo) await api.backlog.edit.mutate(one);
      };
      tell({ text: what(changed), ...(undo.length > 0 && { undo: takeBack }) });
    },
    onError: setError,
    onSettled: refresh,
  });

  const move = useMutation({
    scope: { id: "backlog.move" },
    mutationFn: ({ item, target, side }: Place & { text: string }) =>
      api.backlog.move.mutate({ item, [side]: target }),
    onMutate: async (place) => {
      await queryClient.cancelQueries({ queryKey: listKey });
      queryClient.setQueryData(listKey, (data: InfiniteData<BacklogPage> | undefined) => {
        if (data === undefined) return data;
        const moved = movedInPages(
          data.pages.map(({ items }) => items),
          place,
        );
        const pages = data.pages.map((page, at) => ({ ...page, items: moved[at] ?? [] }));
        return { ...data, pages };
      });
    },
    onSuccess: ({ undo }, { text }) =>
      tell({ text, ...(undo && { undo: () => api.backlog.move.mutate(undo) }) }),
    onError: setError,
    // the last of several reads what all of them made
    onSettled: () =>
      queryClient.isMutating({ mutationKey: ["move"] }) > 1 ? undefined : refresh(),
    mutationKey: ["move"],
  });

  return {
    done,
    error,
    busy: edit.isPending,
    edit: edit.mutate,
    move: move.mutate,
    dismiss: () => tell(undefined),
    undo: async () => {
      const undo = done?.undo;
      tell(undefined);
      await undo?.().catch(setError);
      await refresh();
    },
  };
}
