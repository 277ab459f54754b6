"use client";

import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@nofx/ui/primitives/dropdown-menu";
import { ChevronsUpDown, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { useTheme } from "next-themes";
import { useSession } from "#features/session/session-provider.tsx";
import { useSignOut } from "#features/session/use-sign-out.ts";
import { switchTenant } from "#features/session/switch-tenant.ts";

const THEMES = [
  { value: "system", label: "As the system", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
] as const;

export function UserMenu({ compact = false }: { compact?: boolean }) {
  const session = useSession();
  const { theme, setTheme } = useTheme();
  const signOut = useSignOut();
  const initials = session.user.name.slice(0, 2).toUpperCase();
  return (
    <DropdownMenu>
      <DropdownMenuTrigger className="flex w-full items-center gap-2 rounded-md p-1.5 text-left hover:bg-muted">
        <span className="sr-only">Account: </span>
        {compact && <span className="sr-only">{session.user.name}</span>}
        <span
          aria-hidden
          className="flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent"
        >
          {initials}
        </span>
        {!compact && (
          <>
            <span className="min-w-0 flex-1">
              <span className="block truncate text-sm leading-4 font-medium">
                {session.tenant.name}
              </span>
              <span className="block truncate text-xs text-faint">
                {session.user.name} · {session.role}
              </span>
            </span>
            <ChevronsUpDown aria-hidden className="size-3.5 text-faint" />
          </>
        )}
      </DropdownMenuTrigger>
      <DropdownMenuContent className="w-60">
        <div className="px-2 py-1.5">
          <p className="truncate text-sm font-medium">{session.user.name}</p>
          <p className="truncate text-xs text-faint">{session.user.email}</p>
          <p className="text-xs text-faint">
            {session.role} in {session.tenant.name}
          </p>
        </div>
        {session.tenants.length > 1 && (
          <>
            <DropdownMenuSeparator />
            <DropdownMenuLabel>Tenant</DropdownMenuLabel>
            <DropdownMenuRadioGroup value={session.tenant.id} onValueChange={switchTenant}>
              {session.tenants.map((tenant) => (
                <DropdownMenuRadioItem key={tenant.id} value={tenant.id}>
                  <span className="truncate">{tenant.name}</span>
                  <span className="ml-auto text-2xs text-faint">{tenant.role}</span>
                </DropdownMenuRadioItem>
              ))}
            </DropdownMenuRadioGroup>
          </>
        )}
        <DropdownMenuSeparator />
        <DropdownMenuLabel>Theme</DropdownMenuLabel>
        <DropdownMenuRadioGroup value={theme ?? "system"} onValueChange={setTheme}>
          {THEMES.map(({ value, label, icon: Icon }) => (
            <DropdownMenuRadioItem key={value} value={value}>
              <Icon aria-hidden />
              {label}
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={signOut}>
          <LogOut aria-hidden />
          Sign out
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
