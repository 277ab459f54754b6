import { Button } from "@nofx/ui/primitives/button";
import Link from "next/link";

export default function NotFound() {
  return (
    <main className="mx-auto flex min-h-[60dvh] max-w-md flex-col items-center justify-center gap-3 p-6 text-center">
      <h1 className="text-xl font-semibold">There is nothing at this address</h1>
      <p className="text-sm text-soft">
        It may have belonged to another tenant, or the link lost a few characters on its way.
      </p>
      <Button asChild>
        <Link href="/">To the overview</Link>
      </Button>
    </main>
  );
}
