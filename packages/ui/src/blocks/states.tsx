import { CloudOff, Filter, Lock, type LucideIcon, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "../cn.ts";
import { Button } from "../primitives/button.tsx";
import { CopyButton } from "./copy-button.tsx";

/*
 * A view without rows is in one of four states, and each looks different: nothing yet, nothing matches, not allowed,
 * failed. An error is never shown as an empty list.
 */

function Frame({
  icon: Icon,
  tint,
  title,
  children,
  role,
  className,
}: {
  icon: LucideIcon;
  tint: string;
  title: string;
  children: ReactNode;
  role?: "alert";
  className?: string;
}) {
  return (
    <div
      {...(role === undefined ? {} : { role })}
      className={cn("flex flex-col items-center gap-2 px-4 py-10 text-center", className)}
    >
      <span className={cn("flex size-10 items-center justify-center rounded-full", tint)}>
        <Icon aria-hidden className="size-5" />
      </span>
      <h3 className="text-base font-semibold">{title}</h3>
      {children}
    </div>
  );
}

/** Nothing yet: what belongs here, and the one thing that brings it. */
export function EmptyState({
  icon,
  title,
  children,
  command,
  action,
}: {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  command?: string;
  action?: ReactNode;
}) {
  return (
    <Frame icon={icon} tint="bg-accent-soft text-accent" title={title}>
      <p className="max-w-md text-sm text-soft">{children}</p>
      {command !== undefined && (
        <div className="mt-1 flex max-w-full items-center gap-1 rounded-md border border-line bg-muted py-1 pr-1 pl-3">
          <code className="overflow-x-auto font-mono text-xs whitespace-nowrap">{command}</code>
          <CopyButton value={command} label="Copy the command" />
        </div>
      )}
      {action !== undefined && (
        <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>
      )}
    </Frame>
  );
}

/** Rows exist, but the filter hides them all. */
export function NoMatchState({ what, onClear }: { what: string; onClear: () => void }) {
  return (
    <Frame icon={Filter} tint="bg-muted text-faint" title={`No ${what} match the filter`}>
      <Button size="sm" onClick={onClear} className="mt-1">
        Clear filters
      </Button>
    </Frame>
  );
}

/** The reader may not see or do this. `needs`: what it takes and who can give it, as the server says it. */
export function ForbiddenState({ what, needs }: { what: string; needs?: string }) {
  return (
    <Frame icon={Lock} tint="bg-wait-soft text-wait" title={`You may not see ${what}`}>
      <p className="max-w-md text-sm text-soft">
        {needs ??
          "Your role in this tenant does not include it. An admin of the tenant can change roles."}
      </p>
    </Frame>
  );
}

export interface ErrorStateProps {
  title: string;
  detail?: string | undefined;
  code?: string | undefined;
  issues?: readonly { path: string; message: string; item?: string | undefined }[] | undefined;
  onRetry?: (() => void) | undefined;
}

/** It failed: what happened, its stable code, and a way to try again. */
export function ErrorState({ title, detail, code, issues, onRetry }: ErrorStateProps) {
  return (
    <Frame icon={CloudOff} tint="bg-bad-soft text-bad" title={title} role="alert">
      {detail !== undefined && <p className="max-w-lg text-sm text-soft">{detail}</p>}
      {issues !== undefined && issues.length > 0 && <IssueList issues={issues} />}
      <div className="mt-1 flex items-center gap-3">
        {onRetry && (
          <Button size="sm" onClick={onRetry}>
            <RotateCw aria-hidden />
            Try again
          </Button>
        )}
        {code !== undefined && <code className="font-mono text-xs text-faint">{code}</code>}
      </div>
    </Frame>
  );
}

export function IssueList({
  issues,
  className,
}: {
  issues: readonly { path: string; message: string; item?: string | undefined }[];
  className?: string;
}) {
  return (
    <ul
      className={cn(
        "max-h-72 w-full max-w-2xl divide-y divide-line overflow-y-auto rounded-md border border-line bg-surface text-left",
        className,
      )}
    >
      {issues.map((issue, at) => (
        <li key={at} className="flex flex-col gap-0.5 px-3 py-1.5 text-sm sm:flex-row sm:gap-3">
          <code className="shrink-0 font-mono text-xs break-all text-bad sm:w-48">
            {issue.item ?? (issue.path === "" ? "document" : issue.path)}
          </code>
          <span className="min-w-0 break-words">
            {issue.message}
            {issue.item !== undefined && issue.path !== "" && (
              <code className="ml-1.5 font-mono text-xs text-faint">{issue.path}</code>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
