"use client";

import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { useId } from "react";

/** Something one may want besides, with what it means. */
export function CheckOption({
  checked,
  onChange,
  title,
  hint,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  title: string;
  hint: string;
}) {
  const id = useId();
  return (
    <div className="grid grid-cols-[auto_1fr] gap-x-2">
      <Checkbox
        id={id}
        checked={checked}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5"
      />
      <label htmlFor={id} className="text-sm">
        {title}
      </label>
      <p id={`${id}-hint`} className="col-start-2 text-xs text-faint">
        {hint}
      </p>
    </div>
  );
}
