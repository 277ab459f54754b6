import type { ComponentProps } from "react";
import { cn } from "../cn.ts";

/** The browser's own checkbox: keyboard, forms and screen readers come with it. */
export function Checkbox({
  className,
  indeterminate = false,
  ...props
}: Omit<ComponentProps<"input">, "type"> & { indeterminate?: boolean }) {
  return (
    <input
      type="checkbox"
      ref={(node) => {
        if (node) node.indeterminate = indeterminate;
      }}
      className={cn("size-4 cursor-pointer accent-accent", className)}
      {...props}
    />
  );
}
