import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { safeReturnPath } from "#features/session/return-path.ts";
import { SignInForm } from "#features/session/sign-in-form.tsx";
import { requestContext } from "#trpc/server.tsx";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { next } = await searchParams;
  const returnTo = safeReturnPath(typeof next === "string" ? next : undefined);
  const context = await requestContext();
  const signedIn = await context.findMember().then(
    () => true,
    () => false,
  );
  if (signedIn) redirect(returnTo);
  return (
    <main className="flex min-h-dvh items-center justify-center p-4">
      <SignInForm returnTo={returnTo} />
    </main>
  );
}
