"use client";

import { useMutation } from "@tanstack/react-query";
import type { ModelView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Save, Undo2 } from "lucide-react";
import { useState } from "react";
import type { RouterInputs } from "#server/root.ts";
import { CommandProblem } from "#shell/complain.tsx";
import { useRoutingRefresh } from "#shell/use-routing-refresh.ts";
import { useTRPC } from "#trpc/react.tsx";

type Capability = ModelView["capabilities"][number];
const CAPABILITIES: readonly Capability[] = [
  "text",
  "json",
  "tools",
  "vision",
  "streaming",
  "reasoning",
  "embeddings",
];

/** What a model is like, as this tenant knows it. Without one: a model that nobody knows yet. */
export function ModelDialog({
  model,
  onClose,
}: {
  model?: ModelView | undefined;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const refresh = useRoutingRefresh();
  const [id, setId] = useState(model?.id ?? "");
  const [context, setContext] = useState(String(model?.contextTokens ?? ""));
  const [output, setOutput] = useState(String(model?.maxOutputTokens ?? ""));
  const [quality, setQuality] = useState(String(model?.quality ?? ""));
  const [enabled, setEnabled] = useState(model?.enabled ?? true);
  const [can, setCan] = useState<readonly Capability[]>(
    model?.capabilities ?? ["text", "json", "tools", "streaming"],
  );
  const done = { onSuccess: onClose, onSettled: refresh };
  const save = useMutation(trpc.models.set.mutationOptions(done));
  const remove = useMutation(trpc.models.remove.mutationOptions(done));
  const numberOf = (text: string) => (text.trim() === "" ? null : Number(text));
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title={model === undefined ? "New model" : `Change ${model.id}`}
        description="What this tenant says of a model stands in place of what comes with the product."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate({
              model: id,
              contextTokens: numberOf(context),
              maxOutputTokens: numberOf(output),
              quality: numberOf(quality),
              capabilities: [...can] as RouterInputs["models"]["set"]["capabilities"],
              enabled,
            });
          }}
        >
          <DialogBody className="flex flex-col gap-3">
            {model === undefined && (
              <Field id="model-id" label="Provider and model">
                <Input
                  id="model-id"
                  required
                  spellCheck={false}
                  maxLength={200}
                  pattern="[a-z0-9][a-z0-9._\-]*/.+"
                  placeholder="ollama/llama3.3"
                  value={id}
                  onChange={(event) => setId(event.target.value)}
                />
              </Field>
            )}
            <div className="grid gap-3 sm:grid-cols-3">
              <Field id="model-context" label="Context, tokens">
                <Input
                  id="model-context"
                  type="number"
                  min={1}
                  max={100_000_000}
                  placeholder="unknown"
                  value={context}
                  onChange={(event) => setContext(event.target.value)}
                />
              </Field>
              <Field id="model-output" label="Answers at most">
                <Input
                  id="model-output"
                  type="number"
                  min={1}
                  max={100_000_000}
                  placeholder="unknown"
                  value={output}
                  onChange={(event) => setOutput(event.target.value)}
                />
              </Field>
              <Field id="model-quality" label="Quality, 0 to 1">
                <Input
                  id="model-quality"
                  type="number"
                  min={0}
                  max={1}
                  step={0.01}
                  placeholder="not judged"
                  value={quality}
                  onChange={(event) => setQuality(event.target.value)}
                />
              </Field>
            </div>
            <fieldset className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
              <legend className="mb-1 text-xs font-medium text-soft">What it can do</legend>
              {CAPABILITIES.map((one) => (
                <label key={one} className="flex items-center gap-1.5">
                  <Checkbox
                    checked={can.includes(one)}
                    onChange={(event) =>
                      setCan(
                        event.target.checked ? [...can, one] : can.filter((has) => has !== one),
                      )
                    }
                  />
                  {one}
                </label>
              ))}
            </fieldset>
            <div className="flex items-center gap-1.5">
              <Checkbox
                id="model-enabled"
                checked={enabled}
                onChange={(event) => setEnabled(event.target.checked)}
              />
              <Label htmlFor="model-enabled">May be asked</Label>
            </div>
            <CommandProblem error={save.error ?? remove.error} />
          </DialogBody>
          <DialogFooter>
            {model?.own === true && (
              <Button
                className="mr-auto"
                disabled={remove.isPending}
                onClick={() => remove.mutate({ model: model.id })}
              >
                <Undo2 aria-hidden />
                Take it back
              </Button>
            )}
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={save.isPending || can.length === 0}>
              <Save aria-hidden />
              Save
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function Field({ id, label, children }: { id: string; label: string; children: React.ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <Label htmlFor={id}>{label}</Label>
      {children}
    </div>
  );
}
