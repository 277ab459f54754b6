"use client";

import { cn } from "@nofx/ui/cn";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "@nofx/ui/primitives/dropdown-menu";
import {
  Bot,
  Boxes,
  CalendarClock,
  ChartColumn,
  Ellipsis,
  Flag,
  Hand,
  HeartPulse,
  House,
  Inbox,
  KeyRound,
  Layers,
  ListTodo,
  type LucideIcon,
  Play,
  Route,
  Scale,
  ScrollText,
  Server,
  ShieldCheck,
  Wallet,
  Webhook,
  Workflow,
  Wrench,
} from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { usePendingApprovals } from "#features/approvals/use-pending-approvals.ts";
import { useNewDeadLetters } from "#features/dead-letters/use-new-dead-letters.ts";
import { useRight } from "#features/session/session-provider.tsx";

interface Place {
  href: string;
  label: string;
  icon: LucideIcon;
  /** Within reach of a thumb; the others stand under "More" on a narrow screen. */
  main?: boolean;
  /** Without this right there is nothing to be seen there. */
  needs?: "settings.write";
}

const PLACES: readonly Place[] = [
  { href: "/", label: "Overview", icon: House, main: true },
  { href: "/backlog", label: "Backlog", icon: ListTodo },
  { href: "/plans", label: "Plans", icon: Workflow, main: true },
  { href: "/gates", label: "Gates", icon: ShieldCheck },
  { href: "/approvals", label: "Approvals", icon: Hand, main: true },
  { href: "/runs", label: "Runs", icon: Play, main: true },
  { href: "/dead-letters", label: "Dead letters", icon: Inbox },
  { href: "/schedules", label: "Schedules", icon: CalendarClock },
  { href: "/queues", label: "Queues", icon: Layers },
  { href: "/agents", label: "Agents", icon: Bot },
  { href: "/dispatch", label: "Dispatch", icon: Scale },
  { href: "/tools", label: "Tools", icon: Wrench },
  { href: "/workers", label: "Workers", icon: Server },
  { href: "/providers", label: "Providers", icon: HeartPulse },
  { href: "/models", label: "Models", icon: Boxes },
  { href: "/policies", label: "Policies", icon: Route },
  { href: "/usage", label: "Usage & cost", icon: ChartColumn },
  { href: "/budgets", label: "Budgets", icon: Wallet },
  { href: "/keys", label: "Keys", icon: KeyRound },
  { href: "/webhooks", label: "Webhooks", icon: Webhook, needs: "settings.write" },
  { href: "/flags", label: "Flags", icon: Flag },
  { href: "/audit", label: "Audit", icon: ScrollText },
];

/** The places where the reader finds something. */
function usePlaces(): readonly Place[] {
  const { allowed } = useRight("settings.write");
  return PLACES.filter(({ needs }) => needs === undefined || allowed);
}

function isHere(href: string, pathname: string): boolean {
  return href === "/" ? pathname === "/" : pathname === href || pathname.startsWith(`${href}/`);
}

/** What waits behind a place of the navigation, with the words for it. */
function useCountOf(href: string): { count: number; words: string; tint: string } {
  const pending = usePendingApprovals();
  const letters = useNewDeadLetters();
  if (href === "/approvals") {
    return { count: pending, words: "waiting for a decision", tint: "bg-wait" };
  }
  if (href === "/dead-letters") return { count: letters, words: "new", tint: "bg-bad" };
  return { count: 0, words: "", tint: "" };
}

function Count({ href, className }: { href: string; className?: string }) {
  const { count, words, tint } = useCountOf(href);
  if (count === 0) return null;
  return (
    <span
      className={cn(
        "inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-full px-1 text-2xs font-semibold text-surface tabular-nums",
        tint,
        className,
      )}
    >
      {count > 99 ? "99+" : count}
      <span className="sr-only"> {words}</span>
    </span>
  );
}

/** The navigation at the side of a wide screen. */
export function NavList() {
  const pathname = usePathname();
  const places = usePlaces();
  return (
    <nav
      aria-label="Main"
      className="flex min-h-0 flex-1 flex-col gap-0.5 overflow-y-auto px-2 pb-2"
    >
      {places.map(({ href, label, icon: Icon }) => (
        <Link
          key={href}
          href={href}
          aria-current={isHere(href, pathname) ? "page" : undefined}
          className="flex h-8 shrink-0 items-center gap-2.5 rounded-md px-2 text-sm text-soft hover:bg-muted hover:text-text aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent"
        >
          <Icon aria-hidden className="size-4" />
          {label}
          <Count href={href} className="ml-auto" />
        </Link>
      ))}
    </nav>
  );
}

const BAR_ITEM =
  "relative flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-2xs text-faint focus-visible:outline-offset-[-2px] aria-[current=page]:font-medium aria-[current=page]:text-accent";

/** The same at the bottom of a narrow one, within reach of a thumb. */
export function NavBar() {
  const pathname = usePathname();
  const places = usePlaces();
  const more = places.filter((place) => place.main !== true);
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {places
        .filter((place) => place.main)
        .map(({ href, label, icon: Icon }) => (
          <Link
            key={href}
            href={href}
            aria-current={isHere(href, pathname) ? "page" : undefined}
            className={BAR_ITEM}
          >
            <Icon aria-hidden className="size-5" />
            {label}
            <Count href={href} className="absolute top-1.5 left-1/2 ml-1.5" />
          </Link>
        ))}
      <DropdownMenu>
        <DropdownMenuTrigger
          aria-current={more.some(({ href }) => isHere(href, pathname)) ? "page" : undefined}
          className={BAR_ITEM}
        >
          <Ellipsis aria-hidden className="size-5" />
          More
          <Count href="/dead-letters" className="absolute top-1.5 left-1/2 ml-1.5" />
        </DropdownMenuTrigger>
        <DropdownMenuContent side="top" className="w-52">
          {more.map(({ href, label, icon: Icon }) => (
            <DropdownMenuItem key={href} asChild className="h-10">
              <Link href={href}>
                <Icon aria-hidden />
                {label}
                <Count href={href} className="ml-auto" />
              </Link>
            </DropdownMenuItem>
          ))}
        </DropdownMenuContent>
      </DropdownMenu>
    </nav>
  );
}
