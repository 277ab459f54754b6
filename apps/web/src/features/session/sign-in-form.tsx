"use client";

import { Button } from "@nofx/ui/primitives/button";
import { Input, Label } from "@nofx/ui/primitives/input";
import { LogIn } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { Mark } from "#shell/mark.tsx";
import { useSupabase } from "./supabase-provider.tsx";

export function SignInForm({ returnTo }: { returnTo: string }) {
  const getSupabase = useSupabase();
  // Loads while the reader types.
  useEffect(() => void getSupabase(), [getSupabase]);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function signIn(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(undefined);
    const { auth } = await getSupabase();
    const { error } = await auth.signInWithPassword({
      email: textOf(form, "email"),
      password: textOf(form, "password"),
    });
    if (!error) {
      // A full load: nothing of an earlier session stays in memory.
      window.location.assign(returnTo);
      return;
    }
    setBusy(false);
    setProblem(explain(error.status));
  }

  return (
    <form
      method="post"
      onSubmit={(event) => void signIn(event)}
      className="flex w-full max-w-sm flex-col gap-4 rounded-lg border border-line bg-surface p-6 shadow-card"
    >
      <div className="flex items-center gap-2.5">
        <Mark className="size-7" />
        <div>
          <h1 className="text-lg leading-5 font-semibold">Sign in</h1>
          <p className="text-xs text-faint">NOFX Control Plane</p>
        </div>
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="email">Email</Label>
        <Input
          id="email"
          name="email"
          type="email"
          autoComplete="username"
          required
          aria-invalid={problem !== undefined}
          className="h-9"
        />
      </div>
      <div className="flex flex-col gap-1">
        <Label htmlFor="password">Password</Label>
        <Input
          id="password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
          aria-invalid={problem !== undefined}
          className="h-9"
        />
      </div>
      {problem !== undefined && (
        <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-sm text-bad">
          {problem}
        </p>
      )}
      <Button type="submit" variant="primary" size="lg" disabled={busy}>
        <LogIn aria-hidden />
        {busy ? "Signing in…" : "Sign in"}
      </Button>
      <p className="text-xs text-faint">
        On your own machine <code className="font-mono">npm start</code> prints the sign-in of a
        supervisor and of an operator.
      </p>
    </form>
  );
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

function explain(status: number | undefined): string {
  if (status === undefined || status === 0 || status >= 500) {
    return "The sign-in service does not answer. Is the control plane running?";
  }
  if (status === 429) return "Too many attempts. Wait a minute and try again.";
  return "Email and password do not match.";
}
