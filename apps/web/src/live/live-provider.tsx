"use client";

import { useQueryClient } from "@tanstack/react-query";
import type { EventView } from "@nofx/core/api";
import type { RealtimeChannel } from "@supabase/supabase-js";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { useSupabase } from "#features/session/supabase-provider.tsx";
import { useTRPCClient } from "#trpc/react.tsx";
import { type CatchUp, createCatchUp } from "./catch-up.ts";
import { isConcerned, type Scope, scopesOfEvent, scopesOfTopic } from "./concerns.ts";

/** `asOf`: when this page last knew that it had everything. */
export type LiveState =
  | { kind: "connecting" }
  | { kind: "live"; asOf: number }
  | { kind: "reconnecting"; asOf: number | null };

interface Live {
  state: LiveState;
  watch(topic: string): () => void;
}

const LiveContext = createContext<Live | undefined>(undefined);

/** After this there are no events: the answer holds the newest sequence and nothing else. */
const BEYOND_ALL = Number.MAX_SAFE_INTEGER;

/** How often to look while no socket brings nudges, and how often to make sure while one does. */
const POLL_MS = 2_000;
const ASSURE_MS = 20_000;

export function useLive(): LiveState {
  return useContext(LiveContext)?.state ?? { kind: "connecting" };
}

/** Listens to one more topic while the component is on screen. */
export function useLiveTopic(topic: string | undefined): void {
  const live = useContext(LiveContext);
  const watch = live?.watch;
  useEffect(() => (topic === undefined ? undefined : watch?.(topic)), [watch, topic]);
}

/**
 * Keeps what is on screen true. Private Broadcast channels bring nudges; each makes the page read the event feed from
 * its cursor and refresh what the events concern. Without a socket it polls, so only speed depends on the socket.
 */
export function LiveProvider({
  topics,
  children,
}: {
  topics: readonly string[];
  children: ReactNode;
}) {
  const catchUp = useCatchUp();
  const connection = useChannels(topics, catchUp.value);
  const { asOf, failing } = catchUp;
  const state: LiveState = useMemo(() => {
    if (connection.joined && asOf !== null && !failing) return { kind: "live", asOf };
    const lost = connection.everJoined && !connection.joined;
    return lost || failing ? { kind: "reconnecting", asOf } : { kind: "connecting" };
  }, [connection.joined, connection.everJoined, asOf, failing]);

  const { joined, watch } = connection;
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") catchUp.value.look();
    };
    look();
    const timer = setInterval(look, joined ? ASSURE_MS : POLL_MS);
    for (const name of ["focus", "online"]) window.addEventListener(name, look);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      for (const name of ["focus", "online"]) window.removeEventListener(name, look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [catchUp.value, joined]);

  const value = useMemo(() => ({ state, watch }), [state, watch]);
  return <LiveContext.Provider value={value}>{children}</LiveContext.Provider>;
}

function useCatchUp(): { value: CatchUp; asOf: number | null; failing: boolean } {
  const queryClient = useQueryClient();
  const api = useTRPCClient();
  const [result, setResult] = useState<{ asOf: number | null; failing: boolean }>({
    asOf: null,
    failing: false,
  });
  const value = useMemo(() => {
    const refresh = (scopes: readonly Scope[]) =>
      queryClient.invalidateQueries({
        predicate: (query) => isConcerned(query.queryKey, scopes),
      });
    return createCatchUp<EventView>(
      {
        fetchPage: (after) =>
          api.events.list.query(
            after === undefined ? { after: BEYOND_ALL, limit: 1 } : { after, limit: 500 },
          ),
        apply: (events, topics) =>
          refresh([...events.flatMap(scopesOfEvent), ...topics.flatMap(scopesOfTopic)]),
        applyAll: () => queryClient.invalidateQueries(),
        onResult: (ok) =>
          setResult((before) => ({ asOf: ok ? Date.now() : before.asOf, failing: !ok })),
      },
      {
        set: (run, ms) => window.setTimeout(run, ms),
        clear: (handle) => window.clearTimeout(handle as number),
      },
    );
  }, [queryClient, api]);
  return { value, ...result };
}

/** Joins the given topics and those that components ask for; says whether the given ones are all joined. */
function useChannels(topics: readonly string[], catchUp: CatchUp) {
  const getSupabase = useSupabase();
  const [joinedTopics, setJoinedTopics] = useState<ReadonlySet<string>>(new Set());
  const [everJoined, setEverJoined] = useState(false);

  const watch = useMemo(() => {
    return (topic: string) => {
      let leave: (() => void) | undefined;
      let left = false;
      const mark = (joined: boolean) =>
        setJoinedTopics((before) => {
          const after = new Set(before);
          if (joined) after.add(topic);
          else after.delete(topic);
          return after;
        });
      void getSupabase().then(async (supabase) => {
        await supabase.realtime.setAuth();
        if (left) return;
        const channel: RealtimeChannel = supabase
          .channel(topic, { config: { private: true } })
          .on("broadcast", { event: "nudge" }, ({ payload }) => {
            const seq: unknown = payload?.["seq"];
            catchUp.nudge({ topic, seq: typeof seq === "number" ? seq : null });
          })
          .subscribe((status: string) => {
            if (left) return;
            mark(status === "SUBSCRIBED");
            if (status !== "SUBSCRIBED") return;
            setEverJoined(true);
            catchUp.look();
          });
        leave = () => void supabase.removeChannel(channel);
      });
      return () => {
        left = true;
        mark(false);
        leave?.();
      };
    };
  }, [getSupabase, catchUp]);

  const wanted = topics.join(" ");
  useEffect(() => {
    const leave = wanted.split(" ").map(watch);
    return () => {
      for (const stop of leave) stop();
    };
  }, [wanted, watch]);

  const joined = topics.every((topic) => joinedTopics.has(topic));
  return { joined, everJoined, watch };
}
