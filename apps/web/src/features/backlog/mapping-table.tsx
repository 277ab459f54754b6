"use client";

import type { PreviewColumn } from "@nofx/core/api";
import { ImportField, SINGLE_FIELDS } from "@nofx/core/backlog-import";
import { Select } from "@nofx/ui/primitives/input";
import { Table, TBody, Td, Th, THead, Tr } from "@nofx/ui/primitives/table";
import { FIELD_NAMES, withField } from "./import-settings.ts";

const FIELDS = Object.keys(FIELD_NAMES) as ImportField[];

/** The columns of a table with what is in them; what each is taken for can be changed. */
export function MappingTable({
  columns,
  onChange,
}: {
  columns: readonly PreviewColumn[];
  onChange: (mapping: Record<string, ImportField>) => void;
}) {
  return (
    <div className="max-h-64 overflow-y-auto rounded-md border border-line">
      <Table aria-label="Columns">
        <THead>
          <Tr>
            <Th>Column</Th>
            <Th>Is taken for</Th>
            <Th className="hidden sm:table-cell">For example</Th>
          </Tr>
        </THead>
        <TBody>
          {columns.map(({ name, count, samples, field }) => (
            <Tr key={name}>
              <Td className="max-w-48 wrap-anywhere">
                {name}
                {count > 1 && <span className="text-xs text-faint"> ×{count}</span>}
              </Td>
              <Td>
                <Select
                  aria-label={`What ${name} is`}
                  className="h-7 w-44"
                  value={field}
                  onChange={(event) =>
                    onChange(
                      withField(columns, name, ImportField.parse(event.target.value), (one) =>
                        SINGLE_FIELDS.has(one),
                      ),
                    )
                  }
                >
                  {FIELDS.map((one) => (
                    <option key={one} value={one}>
                      {FIELD_NAMES[one]}
                    </option>
                  ))}
                </Select>
              </Td>
              <Td className="hidden max-w-72 truncate text-xs text-faint sm:table-cell">
                {samples.join(" · ") || "empty"}
              </Td>
            </Tr>
          ))}
        </TBody>
      </Table>
    </div>
  );
}
