import type { Metadata } from "next";
import { PolicyPage } from "#features/policies/policy-page.tsx";

export const metadata: Metadata = { title: "New policy" };

export default function Page() {
  return <PolicyPage />;
}
