"use client";

import type { FlagName } from "@nofx/core/flags";
import type { Permission } from "@nofx/core/vocabulary";
import { Button, type ButtonProps } from "@nofx/ui/primitives/button";
import { Tooltip } from "@nofx/ui/primitives/tooltip";
import { useFlagReason } from "#features/flags/use-flag.ts";
import { useRight } from "#features/session/session-provider.tsx";

/**
 * A button for what takes a right, and perhaps a flag that is on. Without them the button stays, says why on hover and focus, and
 * does nothing: a control that vanishes teaches nobody whom to ask.
 */
export function RightButton({
  permission,
  flag,
  onClick,
  ...props
}: ButtonProps & { permission: Permission; flag?: FlagName }) {
  const { allowed, reason } = useRight(permission);
  const off = useFlagReason(flag);
  if (allowed && off === "") return <Button {...props} onClick={onClick} />;
  return (
    <Tooltip content={allowed ? off : reason}>
      <Button {...props} aria-disabled onClick={(event) => event.preventDefault()} />
    </Tooltip>
  );
}
