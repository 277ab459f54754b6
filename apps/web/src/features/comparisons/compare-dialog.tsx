"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import type { ModelView } from "@nofx/core/api";
import { RelativeTime } from "@nofx/ui/blocks/relative-time";
import { Button } from "@nofx/ui/primitives/button";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Label, Select } from "@nofx/ui/primitives/input";
import { Scale } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";

const MOST = 8;
/** Answers that differ, from the first look on. */
const AT_FIRST = ["simulated/careful", "simulated/hasty", "simulated/broken"];

export function CompareDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const packs = useQuery(trpc.backlog.packs.queryOptions());
  const models = useQuery(trpc.models.list.queryOptions({}));
  const earlier = useQuery(trpc.comparisons.list.queryOptions({ limit: 3 }));
  const [pack, setPack] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>(AT_FIRST);
  const start = useMutation(
    trpc.comparisons.start.mutationOptions({
      onSuccess: ({ id }) => router.push(`/plans/comparisons/${id}`),
    }),
  );
  const names = packs.data?.items.map((one) => one.pack) ?? [];
  const about = pack === "" ? (names[0] ?? "") : pack;
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Compare models"
        description="The same question for a plan to several models, beside our own plan. Titles, descriptions and needs are sent; arguments are not."
      >
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            start.mutate({ pack: about, models: [...chosen], run: false });
          }}
        >
          <DialogBody className="flex flex-col gap-4">
            <div className="flex flex-col gap-1">
              <Label htmlFor="compare-pack">Pack</Label>
              <Select
                id="compare-pack"
                value={about}
                onChange={(event) => setPack(event.target.value)}
              >
                {names.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </Select>
            </div>
            <fieldset className="flex max-h-64 flex-col gap-2 overflow-y-auto">
              <legend className="mb-1 text-sm font-medium">Models</legend>
              {(models.data?.models ?? []).map((model) => (
                <ModelChoice
                  key={model.id}
                  model={model}
                  checked={chosen.includes(model.id)}
                  onChange={(checked) =>
                    setChosen(
                      checked ? [...chosen, model.id] : chosen.filter((id) => id !== model.id),
                    )
                  }
                />
              ))}
            </fieldset>
            {(earlier.data?.items.length ?? 0) > 0 && (
              <p className="flex flex-wrap gap-x-3 text-xs text-soft">
                Earlier:
                {earlier.data?.items.map((one) => (
                  <Link
                    key={one.id}
                    href={`/plans/comparisons/${one.id}`}
                    className="text-accent hover:underline"
                  >
                    {one.pack}, <RelativeTime at={one.createdAt} />
                  </Link>
                ))}
              </p>
            )}
            <CommandProblem error={start.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              variant="primary"
              disabled={
                about === "" ||
                chosen.length === 0 ||
                chosen.length > MOST ||
                start.isPending ||
                start.isSuccess
              }
            >
              <Scale aria-hidden />
              Compare {chosen.length}
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function ModelChoice({
  model,
  checked,
  onChange,
}: {
  model: ModelView;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  const rates = model.price?.perMillionTokens;
  return (
    <label htmlFor={`model-${model.id}`} className="flex items-start gap-2 text-sm">
      <Checkbox
        id={`model-${model.id}`}
        className="mt-0.5"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="min-w-0">
        <span className="font-medium break-all">{model.id}</span>
        <span className="block text-xs text-soft">
          {model.simulated && "Simulated on this machine. "}
          {rates === undefined
            ? "Its price is not known."
            : `$${rates.input ?? "?"} in, $${rates.output ?? "?"} out a million tokens.`}
        </span>
      </span>
    </label>
  );
}
