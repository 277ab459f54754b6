"use client";

import { PageHeader } from "@nofx/ui/blocks/page-header";
import dynamic from "next/dynamic";
import Link from "next/link";

const RuleEditor = dynamic(() => import("./rule-editor.tsx").then((module) => module.RuleEditor));

export function NewRulePage() {
  return (
    <>
      <PageHeader
        back={<Link href="/gates">Gates</Link>}
        title="New rule"
        meta={
          <span className="text-sm text-soft">
            It judges from the next plan on. Plans that wait are void then, and are planned again.
          </span>
        }
      />
      <RuleEditor />
    </>
  );
}
