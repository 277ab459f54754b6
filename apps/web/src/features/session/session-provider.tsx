"use client";

import type { SessionView } from "@nofx/core/api";
import type { Permission } from "@nofx/core/vocabulary";
import { createContext, type ReactNode, useContext } from "react";

/** For each permission the empty text, or the sentence that says what is missing. */
export type Rights = Record<Permission, string>;

interface Session {
  session: SessionView;
  rights: Rights;
}

const SessionContext = createContext<Session | undefined>(undefined);

export function SessionProvider({ children, ...value }: Session & { children: ReactNode }) {
  return <SessionContext.Provider value={value}>{children}</SessionContext.Provider>;
}

function useValue(): Session {
  const value = useContext(SessionContext);
  if (!value) throw new Error("useSession needs a SessionProvider above it");
  return value;
}

export function useSession(): SessionView {
  return useValue().session;
}

/** Whether the reader may do something; a refusal comes with its reason. The server decides again at the command. */
export function useRight(permission: Permission): { allowed: boolean; reason: string } {
  const reason = useValue().rights[permission];
  return { allowed: reason === "", reason };
}
