"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { BacklogItemView, EditBacklogInput } from "@nofx/core/api";
import { useRef, useState } from "react";
import { useTRPC, useTRPCClient } from "#trpc/react.tsx";
import { inOrder, movedTo, type Place } from "./selection.ts";

/** What was done, and how to take it back. */
export interface Done {
  text: string;
  undo?: () => Promise<unknown>;
}

/**
 * Changes of items in the list, told in a sentence and taken back at a press. Moves are shown at once and sent in their order;
 * while one is under way the order made here stands, whatever a reading in between brings: a row must not jump from under the hand.
 */
export function useItemEdits(listed: readonly BacklogItemView[]) {
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

  const [order, setOrder] = useState<readonly string[]>();
  const movesUnderWay = useRef(0);
  const move = useMutation({
    scope: { id: "backlog.move" },
    mutationFn: ({ item, target, side }: Place & { text: string }) =>
      api.backlog.move.mutate({ item, [side]: target }),
    onSuccess: ({ undo }, { text }) =>
      tell({ text, ...(undo && { undo: () => api.backlog.move.mutate(undo) }) }),
    onError: setError,
    // the last of several reads what all of them made
    onSettled: async () => {
      if (movesUnderWay.current === 1) await refresh();
      movesUnderWay.current -= 1;
      if (movesUnderWay.current === 0) setOrder(undefined);
    },
  });

  return {
    rows: order === undefined ? listed : inOrder(listed, order),
    done,
    error,
    busy: edit.isPending,
    edit: edit.mutate,
    move: (place: Place & { text: string }) => {
      movesUnderWay.current += 1;
      setOrder((now) => movedTo(now ?? listed.map(({ id }) => id), place));
      move.mutate(place);
    },
    dismiss: () => tell(undefined),
    undo: async () => {
      const undo = done?.undo;
      tell(undefined);
      await undo?.().catch(setError);
      await refresh();
    },
  };
}
