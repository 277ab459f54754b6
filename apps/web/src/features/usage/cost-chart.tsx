"use client";

import type { UsageView } from "@nofx/core/api";
import { useMemo } from "react";
import {
  Bar,
  BarChart,
  CartesianGrid,
  Legend,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import { stackDays } from "./stack-days.ts";

const COLOURS = [
  "var(--accent)",
  "var(--tone-good)",
  "var(--tone-warn)",
  "var(--tone-wait)",
  "var(--tone-bad)",
  "var(--tone-neutral)",
];

const usd = (value: unknown) =>
  `$${Number(value).toLocaleString("en", { maximumSignificantDigits: 4 })}`;

/** What each day cost, by model. The table below says the same exactly. */
export default function CostChart({ view }: { view: UsageView }) {
  const { models, bars } = useMemo(() => stackDays(view), [view]);
  return (
    <div aria-hidden className="h-64 px-2 pt-3 text-xs">
      <ResponsiveContainer width="100%" height="100%">
        <BarChart
          accessibilityLayer={false}
          data={bars}
          margin={{ top: 4, right: 12, bottom: 0, left: 4 }}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="day"
            tickFormatter={(day: string) => day.slice(5)}
            stroke="var(--text-faint)"
            tickLine={false}
            minTickGap={16}
          />
          <YAxis
            width={64}
            tickFormatter={usd}
            stroke="var(--text-faint)"
            tickLine={false}
            axisLine={false}
          />
          <Tooltip
            formatter={usd}
            cursor={{ fill: "var(--muted)" }}
            contentStyle={{
              background: "var(--raised)",
              border: "1px solid var(--line)",
              borderRadius: 6,
              color: "var(--text)",
            }}
          />
          <Legend iconType="circle" iconSize={8} />
          {models.map((model, i) => (
            <Bar
              key={model}
              // a name may hold a dot, which a text would take for a path
              dataKey={(bar: Record<string, unknown>) => bar[model]}
              name={model}
              stackId="cost"
              fill={COLOURS[i] ?? "var(--tone-ended)"}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      </ResponsiveContainer>
    </div>
  );
}
