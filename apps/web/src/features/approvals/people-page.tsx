"use client";

import { useQuery } from "@tanstack/react-query";
import { PageHeader } from "@nofx/ui/blocks/page-header";
import Link from "next/link";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { DelegationList } from "./delegation-list.tsx";
import { GroupList } from "./group-list.tsx";
import { RuleList } from "./rule-list.tsx";

/** Who decides: groups, rules, and who votes in whose stead. */
export function ApprovalPeoplePage() {
  const trpc = useTRPC();
  const groups = useQuery(trpc.approvals.groups.queryOptions({}));
  const delegations = useQuery(trpc.approvals.delegations.queryOptions({}));
  return (
    <>
      <PageHeader
        back={<Link href="/approvals">Approvals</Link>}
        title="Who decides"
        meta="Groups of approvers, how many of them a question takes, and who votes in whose stead."
      />
      <QueryView query={groups} what="groups">
        {(data) => (
          <div className="flex flex-col gap-4">
            <QueryView query={delegations} what="delegations">
              {({ items }) => <DelegationList delegations={items} people={data.people} />}
            </QueryView>
            <GroupList groups={data.groups} people={data.people} />
            <RuleList rules={data.rules} groups={data.groups} />
          </div>
        )}
      </QueryView>
    </>
  );
}
