"use client";

import type { WebhookChoices } from "@nofx/core/api";
import { PlainText } from "@nofx/ui/blocks/json-view";
import { Checkbox } from "@nofx/ui/primitives/checkbox";

/** Members to choose among, with their addresses. */
export function PeopleChoice({
  legend,
  people,
  chosen,
  onChange,
}: {
  legend: string;
  people: WebhookChoices["members"];
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}) {
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="mb-1 text-xs font-medium text-soft">{legend}</legend>
      <ul className="max-h-40 overflow-y-auto rounded-md border border-line p-2">
        {people.map(({ userId, name, email, role }) => (
          <li key={userId} className="flex min-h-6 items-center gap-2">
            <Checkbox
              id={`person-${userId}`}
              checked={chosen.has(userId)}
              onChange={(event) => {
                const next = new Set(chosen);
                if (event.target.checked) next.add(userId);
                else next.delete(userId);
                onChange(next);
              }}
            />
            <label htmlFor={`person-${userId}`} className="text-sm wrap-anywhere">
              <PlainText text={name} />{" "}
              <span className="text-xs text-faint">
                <PlainText text={email} />, {role}
              </span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}
