import "@fontsource-variable/geist/index.css";
import "@fontsource-variable/geist-mono/index.css";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import { ThemeProvider } from "next-themes";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { SupabaseProvider } from "#features/session/supabase-provider.tsx";
import { SESSION_COOKIE } from "#server/session-cookies.ts";
import { NavigationGuard } from "#shell/navigation-guard.tsx";
import { env } from "../env.ts";

export const metadata: Metadata = {
  title: { default: "NOFX", template: "%s · NOFX" },
  description: "Plan a backlog, judge it, approve what is sensitive, watch it run.",
};

export const viewport: Viewport = { width: "device-width", initialScale: 1 };

export default async function RootLayout({ children }: { children: ReactNode }) {
  // Everything below is made per request: address and key of Supabase are known only at run time.
  await connection();
  const { SUPABASE_URL, SUPABASE_ANON_KEY } = env();
  return (
    <html lang="en" suppressHydrationWarning>
      <body className="min-h-dvh bg-page text-text">
        <NavigationGuard />
        <ThemeProvider attribute="class" defaultTheme="system" disableTransitionOnChange>
          <SupabaseProvider
            config={{ url: SUPABASE_URL, key: SUPABASE_ANON_KEY, cookieName: SESSION_COOKIE }}
          >
            {children}
          </SupabaseProvider>
        </ThemeProvider>
      </body>
    </html>
  );
}
