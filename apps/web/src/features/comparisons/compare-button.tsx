"use client";

import { Scale } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { RightButton } from "#shell/right-button.tsx";

const CompareDialog = dynamic(() =>
  import("./compare-dialog.tsx").then((module) => module.CompareDialog),
);

/** Opens the question to several models. */
export function CompareButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <RightButton
        permission="plan.create"
        flag="FEATURE_AUTO_PLANNER"
        onClick={() => setOpen(true)}
      >
        <Scale aria-hidden />
        Compare models…
      </RightButton>
      {open && <CompareDialog onClose={() => setOpen(false)} />}
    </>
  );
}
