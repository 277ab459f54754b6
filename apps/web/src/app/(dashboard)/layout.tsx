import { NofxError } from "@nofx/core/errors";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { rightsOf } from "#features/session/rights-of.ts";
import { signInPath } from "#features/session/return-path.ts";
import { toNofxError } from "#server/errors.ts";
import { Shell } from "#shell/shell.tsx";
import { StrandedPage } from "#shell/stranded-page.tsx";
import { ApiProvider } from "#trpc/react.tsx";
import { Hydrate, prefetch, requestQueryClient, trpc } from "#trpc/server.tsx";

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const found = await requestQueryClient()
    .fetchQuery({ ...trpc.session.get.queryOptions(), retry: false })
    .then(
      (session) => ({ session }),
      (error: unknown) => ({ error: toNofxError(error) }),
    );
  if ("error" in found) {
    if (found.error.code === "unauthenticated") {
      redirect(signInPath((await headers()).get("x-nofx-path") ?? "/"));
    }
    if (found.error.code === "forbidden") return <StrandedPage detail={found.error.detail} />;
    throw new NofxError(found.error.code, { cause: found.error });
  }
  await prefetch(
    trpc.approvals.list.queryOptions({ status: "pending" }),
    trpc.deadLetters.list.queryOptions({ status: "new", limit: 1 }),
  );
  return (
    <ApiProvider>
      <Hydrate>
        <Shell session={found.session} rights={rightsOf(found.session.role)}>
          {children}
        </Shell>
      </Hydrate>
    </ApiProvider>
  );
}
