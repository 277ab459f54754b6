"use client";

import { useQuery } from "@tanstack/react-query";
import type { PolicyHistory } from "@nofx/core/api";
import { PageHeader, Section } from "@nofx/ui/blocks/page-header";
import { JsonView } from "@nofx/ui/blocks/json-view";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Badge } from "@nofx/ui/primitives/badge";
import Link from "next/link";
import { QueryView } from "#shell/query-view.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { PolicyEditor } from "./policy-editor.tsx";

/** One policy: its document, a try of it, and its versions. Without a name: a new one. */
export function PolicyPage({ name }: { name?: string }) {
  return name === undefined ? <NewPolicy /> : <KnownPolicy name={name} />;
}

const back = (
  <Link href="/policies" className="hover:underline">
    Policies
  </Link>
);

function NewPolicy() {
  return (
    <>
      <PageHeader title="New policy" back={back} />
      <PolicyEditor ownVersion={0} />
    </>
  );
}

function KnownPolicy({ name }: { name: string }) {
  const trpc = useTRPC();
  const policies = useQuery(trpc.routing.policies.queryOptions({}));
  const history = useQuery(trpc.routing.policyHistory.queryOptions({ name }));
  const policy = policies.data?.policies.find((one) => one.name === name);
  return (
    <>
      <PageHeader
        title={name}
        back={back}
        {...(policy !== undefined && {
          badges: (
            <Badge tone="neutral">
              v{policy.version}, {policy.origin === "tenant" ? "own" : "comes with the product"}
            </Badge>
          ),
          meta: <span className="text-sm text-soft">{policy.note}</span>,
        })}
      />
      <QueryView query={policies} what="policies">
        {() =>
          policy === undefined ? (
            <p className="text-sm text-soft">There is no policy of this name now.</p>
          ) : (
            <PolicyEditor
              key={`${policy.origin} ${policy.version}`}
              policy={policy}
              ownVersion={policy.ownVersion}
            />
          )
        }
      </QueryView>
      <Section title="Versions of ours">
        <QueryView query={history} what="versions">
          {(data) => <Versions versions={data.versions} />}
        </QueryView>
      </Section>
    </>
  );
}

function Versions({ versions }: { versions: PolicyHistory["versions"] }) {
  if (versions.length === 0) {
    return <p className="p-3 text-sm text-soft">None yet: it is as it comes with the product.</p>;
  }
  return (
    <ul className="divide-y divide-line">
      {versions.map(({ version, note, createdBy, createdAt, removed, document }) => (
        <li key={version} className="px-3 py-2 text-sm">
          <details>
            <summary>
              <span className="font-medium">v{version}</span>{" "}
              {removed && <Badge tone="ended">Removed</Badge>}{" "}
              <span className="text-soft">
                {note} ({createdBy}, <RelativeTime at={createdAt} />)
              </span>
            </summary>
            {document !== null && <JsonView label={`Version ${version}`} value={document} />}
          </details>
        </li>
      ))}
    </ul>
  );
}
