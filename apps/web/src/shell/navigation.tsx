"use client";

import { cn } from "@nofx/ui/cn";
import { Hand, House, ListTodo, type LucideIcon, Play, Workflow } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { usePendingApprovals } from "#features/approvals/use-pending-approvals.ts";

const PLACES: readonly { href: string; label: string; icon: LucideIcon }[] = [
  { href: "/", label: "Overview", icon: House },
  { href: "/backlog", label: "Backlog", icon: ListTodo },
  { href: "/plans", label: "Plans", icon: Workflow },
  { href: "/approvals", label: "Approvals", icon: Hand },
  { href: "/runs", label: "Runs", icon: Play },
];

function isHere(href: string, pathname: string): boolean {
  return href === "/" ? pathname === "/" : pathname === href || pathname.startsWith(`${href}/`);
}

function Count({ href, className }: { href: string; className?: string }) {
  const pending = usePendingApprovals();
  if (href !== "/approvals" || pending === 0) return null;
  return (
    <span
      className={cn(
        "inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-full bg-wait px-1 text-2xs font-semibold text-surface tabular-nums",
        className,
      )}
    >
      {pending > 99 ? "99+" : pending}
      <span className="sr-only"> waiting for a decision</span>
    </span>
  );
}

/** The navigation at the side of a wide screen. */
export function NavList() {
  const pathname = usePathname();
  return (
    <nav aria-label="Main" className="flex flex-col gap-0.5 px-2">
      {PLACES.map(({ href, label, icon: Icon }) => (
        <Link
          key={href}
          href={href}
          aria-current={isHere(href, pathname) ? "page" : undefined}
          className="flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-soft hover:bg-muted hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent"
        >
          <Icon aria-hidden className="size-4" />
          {label}
          <Count href={href} className="ml-auto" />
        </Link>
      ))}
    </nav>
  );
}

/** The same at the bottom of a narrow one, within reach of a thumb. */
export function NavBar() {
  const pathname = usePathname();
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {PLACES.map(({ href, label, icon: Icon }) => (
        <Link
          key={href}
          href={href}
          aria-current={isHere(href, pathname) ? "page" : undefined}
          className="relative flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-2xs text-faint focus-visible:outline-offset-[-2px] aria-[current=page]:font-medium aria-[current=page]:text-accent"
        >
          <Icon aria-hidden className="size-5" />
          {label}
          <Count href={href} className="absolute top-1.5 left-1/2 ml-1.5" />
        </Link>
      ))}
    </nav>
  );
}
