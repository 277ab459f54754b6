"use client";

import { useMutation } from "@tanstack/react-query";
import type { ApprovalGroups, ApprovalGroupView } from "@nofx/core/api";
import { Section } from "@nofx/ui/blocks/page-header";
import { Button } from "@nofx/ui/primitives/button";
import { Checkbox } from "@nofx/ui/primitives/checkbox";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Input, Label } from "@nofx/ui/primitives/input";
import { Plus } from "lucide-react";
import { useState } from "react";
import { CommandProblem } from "#shell/complain.tsx";
import { RightButton } from "#shell/right-button.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { usePeopleRefresh } from "./use-people-refresh.ts";

type People = ApprovalGroups["people"];

export function GroupList({
  groups,
  people,
}: {
  groups: readonly ApprovalGroupView[];
  people: People;
}) {
  const trpc = useTRPC();
  const refresh = usePeopleRefresh();
  const [editing, setEditing] = useState<ApprovalGroupView | "new">();
  const remove = useMutation(trpc.approvals.removeGroup.mutationOptions({ onSettled: refresh }));
  return (
    <Section
      title="Groups"
      actions={
        <RightButton size="sm" permission="approval.manage" onClick={() => setEditing("new")}>
          <Plus aria-hidden />
          New group…
        </RightButton>
      }
    >
      {groups.length === 0 ? (
        <p className="p-3 text-sm text-soft">
          There is none yet: whoever may decide, decides. A rule can ask for members of groups.
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {groups.map((group) => (
            <li key={group.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-2">
              <div className="min-w-0 flex-1">
                <p className="font-medium">{group.name}</p>
                <p className="text-xs wrap-anywhere text-soft">
                  {group.members.map(({ name }) => name).join(", ") || "nobody is in it"}
                </p>
              </div>
              <RightButton size="sm" permission="approval.manage" onClick={() => setEditing(group)}>
                Change…
              </RightButton>
              <RightButton
                size="sm"
                permission="approval.manage"
                disabled={remove.isPending}
                onClick={() => remove.mutate({ name: group.name })}
              >
                Remove
              </RightButton>
            </li>
          ))}
        </ul>
      )}
      <CommandProblem error={remove.error} />
      {editing !== undefined && (
        <GroupDialog
          group={editing === "new" ? undefined : editing}
          people={people}
          onClose={() => setEditing(undefined)}
        />
      )}
    </Section>
  );
}

function GroupDialog({
  group,
  people,
  onClose,
}: {
  group: ApprovalGroupView | undefined;
  people: People;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const refresh = usePeopleRefresh();
  const [name, setName] = useState(group?.name ?? "");
  const [members, setMembers] = useState<ReadonlySet<string>>(
    new Set(group?.members.map(({ userId }) => userId)),
  );
  const put = useMutation(
    trpc.approvals.putGroup.mutationOptions({ onSuccess: onClose, onSettled: refresh }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent title={group === undefined ? "New group" : `Change ${group.name}`}>
        <form
          className="contents"
          onSubmit={(event) => {
            event.preventDefault();
            put.mutate({
              name: name.trim(),
              description: group?.description ?? "",
              members: [...members],
            });
          }}
        >
          <DialogBody className="flex flex-col gap-3">
            <div className="flex flex-col gap-1">
              <Label htmlFor="group-name">Name</Label>
              <Input
                id="group-name"
                required
                disabled={group !== undefined}
                placeholder="release-managers"
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            </div>
            <fieldset className="flex flex-col gap-1">
              <legend className="text-xs font-medium text-soft">Members</legend>
              {people.map(({ userId, name: who, role, mayDecide }) => (
                <label key={userId} className="flex items-center gap-2 text-sm">
                  <Checkbox
                    checked={members.has(userId)}
                    onChange={(event) => {
                      const next = new Set(members);
                      if (event.target.checked) next.add(userId);
                      else next.delete(userId);
                      setMembers(next);
                    }}
                  />
                  {who}
                  <span className="text-xs text-faint">
                    {role}
                    {!mayDecide && ", may not decide yet"}
                  </span>
                </label>
              ))}
            </fieldset>
            <CommandProblem error={put.error} />
          </DialogBody>
          <DialogFooter>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="primary" disabled={put.isPending}>
              Save
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
