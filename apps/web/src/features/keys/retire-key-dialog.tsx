"use client";

import { useMutation } from "@tanstack/react-query";
import type { KeyView } from "@nofx/core/api";
import { Button } from "@nofx/ui/primitives/button";
import { Dialog, DialogBody, DialogContent, DialogFooter } from "@nofx/ui/primitives/dialog";
import { Trash2 } from "lucide-react";
import { CommandProblem } from "#shell/complain.tsx";
import { useTRPC } from "#trpc/react.tsx";
import { useKeysRefresh } from "./use-keys-refresh.ts";

export function RetireKeyDialog({ of: key, onClose }: { of: KeyView; onClose: () => void }) {
  const trpc = useTRPC();
  const retire = useMutation(
    trpc.keys.retire.mutationOptions({ onSuccess: onClose, onSettled: useKeysRefresh() }),
  );
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()}>
      <DialogContent
        title="Retire this key"
        description="Its secrets are destroyed, at once and for good. Calls that need it are refused until there is another."
      >
        <DialogBody>
          <span className="font-medium break-all">
            {key.provider} {key.name}
          </span>
          <p className="mt-1 text-xs text-faint">
            Revoke it at the provider too: here nobody can use it any more, elsewhere somebody may.
          </p>
          <CommandProblem error={retire.error} className="mt-3" />
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            variant="danger"
            disabled={retire.isPending}
            onClick={() => retire.mutate({ keyId: key.id })}
          >
            <Trash2 aria-hidden />
            Retire
          </Button>
        </DialogFooter>
      </DialogContent>
    </Dialog>
  );
}
