import { Skeleton } from "@nofx/ui/primitives/skeleton";

/** The shape of a detail page before its data is there. */
export function PageSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-4">
      <Skeleton className="h-7 w-72 max-w-full" />
      <Skeleton className="h-20" />
      <Skeleton className="h-96" />
    </div>
  );
}
