"use client";

import type { Permission } from "@nofx/core/vocabulary";
import { Button, type ButtonProps } from "@nofx/ui/primitives/button";
import { Tooltip } from "@nofx/ui/primitives/tooltip";
import { useRight } from "#features/session/session-provider.tsx";

/**
 * A button for what takes a right. Without it the button stays, says why on hover and focus, and does nothing: a
 * control that vanishes teaches nobody whom to ask.
 */
export function RightButton({
  permission,
  onClick,
  ...props
}: ButtonProps & { permission: Permission }) {
  const { allowed, reason } = useRight(permission);
  if (allowed) return <Button {...props} onClick={onClick} />;
  return (
    <Tooltip content={reason}>
      <Button {...props} aria-disabled onClick={(event) => event.preventDefault()} />
    </Tooltip>
  );
}
