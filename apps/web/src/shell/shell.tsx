"use client";

import type { SessionView } from "@nofx/core/api";
import { TooltipProvider } from "@nofx/ui/primitives/tooltip";
import type { ReactNode } from "react";
import { type Rights, SessionProvider } from "#features/session/session-provider.tsx";
import { LiveProvider } from "#live/live-provider.tsx";
import { LiveIndicator } from "./live-indicator.tsx";
import { Mark } from "./mark.tsx";
import { NavBar, NavList } from "./navigation.tsx";
import { TitleBadge } from "./title-badge.tsx";
import { UserMenu } from "./user-menu.tsx";

export function Shell({
  session,
  rights,
  children,
}: {
  session: SessionView;
  rights: Rights;
  children: ReactNode;
}) {
  const { uuid } = session.tenant;
  return (
    <SessionProvider session={session} rights={rights}>
      <LiveProvider topics={[`tenant:${uuid}`, `approvals:${uuid}`]}>
        <TooltipProvider delayDuration={300}>
          <a
            href="#main"
            className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-accent focus:px-3 focus:py-2 focus:text-on-accent"
          >
            Skip to content
          </a>
          <TitleBadge />
          <div className="flex min-h-dvh flex-col md:flex-row">
            <aside className="sticky top-0 hidden h-dvh w-52 shrink-0 flex-col border-r border-line bg-surface md:flex">
              <div className="flex h-12 shrink-0 items-center gap-2 px-4">
                <Mark />
                <span className="font-semibold tracking-tight">NOFX</span>
              </div>
              <NavList />
              <div className="mt-auto flex shrink-0 flex-col gap-1 border-t border-line p-2">
                <LiveIndicator className="px-2 py-1" />
                <UserMenu />
              </div>
            </aside>
            <header className="sticky top-0 z-30 flex h-12 items-center gap-2 border-b border-line bg-surface px-3 md:hidden">
              <Mark />
              <LiveIndicator className="ml-1" />
              <div className="ml-auto">
                <UserMenu compact />
              </div>
            </header>
            <main
              id="main"
              tabIndex={-1}
              className="min-w-0 flex-1 scroll-mt-14 p-3 pb-20 outline-none sm:p-4 md:p-6 md:pb-8"
            >
              <div className="mx-auto flex max-w-[90rem] flex-col gap-4">{children}</div>
            </main>
            <NavBar />
          </div>
        </TooltipProvider>
      </LiveProvider>
    </SessionProvider>
  );
}
