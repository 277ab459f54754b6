"use client";

import { Checkbox } from "@nofx/ui/primitives/checkbox";

/** Which types of events are told. */
export function EventTypes({
  types,
  chosen,
  onChange,
}: {
  types: readonly string[];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}) {
  return (
    <ul className="grid max-h-52 gap-x-4 overflow-y-auto rounded-md border border-line p-2 sm:grid-cols-2">
      {types.map((type) => (
        <li key={type} className="flex min-h-6 items-center gap-2">
          <Checkbox
            id={`type-${type}`}
            checked={chosen.has(type)}
            onChange={(event) => {
              const next = new Set(chosen);
              if (event.target.checked) next.add(type);
              else next.delete(type);
              onChange(next);
            }}
          />
          <label htmlFor={`type-${type}`} className="font-mono text-xs">
            {type}
          </label>
        </li>
      ))}
    </ul>
  );
}
