"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ToolView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label, Select, Textarea } from "@nofx/ui/primitives/input";
import { type ReactNode, useState } from "react";
import { parseArguments } from "#features/approvals/parse-arguments.ts";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

const LEVELS = ["low", "medium", "high", "critical"] as const;

export function ToolDialog({ tool, onClose }: { tool: ToolView | undefined; onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [name, setName] = useState(tool?.name ?? "");
  const [version, setVersion] = useState(tool?.version ?? "1");
  const [title, setTitle] = useState(tool?.title ?? "");
  const [sensitivity, setSensitivity] = useState(tool?.sensitivity ?? "high");
  const [schema, setSchema] = useState(JSON.stringify(tool?.inputSchema ?? {}, null, 2));
  const parsed = parseArguments(schema);
  const put = useMutation(
    trpc.tools.put.mutationOptions({
      onSuccess: onClose,
      onSettled: () => queryClient.invalidateQueries(trpc.tools.pathFilter()),
    }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={tool === undefined ? "New tool" : `Change ${tool.name}`}
        description="Another schema or sensitivity needs another version; yeses to the old one are good for nothing then."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            if (!("value" in parsed)) return;
            put.mutate({
              name: name.trim(),
              version: version.trim(),
              title: title.trim(),
              description: tool?.description ?? "",
              sensitivity,
              inputSchema: parsed.value,
              rule: tool?.rule ?? null,
              ...(tool === undefined || tool.sensitivity !== sensitivity
                ? {}
                : { requiresApproval: tool.requiresApproval }),
            });
          }}
        >
          <DialogBody className="grid grid-cols-2 gap-3">
            <Field id="tool-name" label="Name">
              <Input
                id="tool-name"
                required
                disabled={tool !== undefined}
                placeholder="deploy.production"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            </Field>
            <Field id="tool-version" label="Version">
              <Input
                id="tool-version"
                required
                value={version}
                onChange={(event) => setVersion(event.target.value)}
              />
            </Field>
            <Field id="tool-title" label="Title">
              <Input
                id="tool-title"
                required
                maxLength={200}
                value={title}
                onChange={(event) => setTitle(event.target.value)}
              />
            </Field>
            <Field id="tool-sensitivity" label="Sensitivity">
              <Select
                id="tool-sensitivity"
                value={sensitivity}
                onChange={(event) =>
                  setSensitivity(LEVELS.find((one) => one === event.target.value) ?? "high")
                }
              >
                {LEVELS.map((level) => (
                  <option key={level}>{level}</option>
                ))}
              </Select>
            </Field>
            <div className="col-span-2 flex flex-col gap-1">
              <Label htmlFor="tool-schema">Arguments (JSON Schema)</Label>
              <Textarea
                id="tool-schema"
                rows={10}
                spellCheck={false}
                className="font-mono text-xs"
                aria-invalid={"problem" in parsed}
                value={schema}
                onChange={(event) => setSchema(event.target.value)}
              />
              {"problem" in parsed && (
                <p role="alert" className="text-xs text-bad">
                  {parsed.problem}
                </p>
              )}
            </div>
            <CommandProblem error={put.error} className="col-span-2" />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={put.isPending || "problem" in parsed}>
              Save
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function Field({ id, label, children }: { id: string; label: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor={id}>{label}</Label>
      {children}
    </div>
  );
}
