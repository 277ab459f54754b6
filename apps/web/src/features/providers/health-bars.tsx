import type { ModelHealthView } from "@nofx/core/api";
import { sayHour } from "./health-look.ts";

const HEIGHT = 28;
const BAR = 3;
const GAP = 1;

/** 60 minutes as bars: how much was called, and of it what failed (red) or was told to wait (amber). */
export function HealthBars({ health }: { health: ModelHealthView }) {
  const { minutes } = health;
  const most = Math.max(1, ...minutes.map(({ calls }) => calls));
  const width = minutes.length * (BAR + GAP) - GAP;
  const scaled = (count: number) => (count / most) * (HEIGHT - 2);
  return (
    <svg
      role="img"
      aria-label={sayHour(health)}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      className="h-7 w-60"
      preserveAspectRatio="none"
    >
      {minutes.map(({ at, calls, failed, rateLimited }, i) => {
        const x = i * (BAR + GAP);
        if (calls === 0) {
          return (
            <rect key={at} x={x} y={HEIGHT - 1} width={BAR} height={1} className="fill-line" />
          );
        }
        const bad = scaled(failed);
        const limited = scaled(rateLimited);
        const all = Math.max(scaled(calls), 2);
        return (
          <g key={at}>
            <rect
              x={x}
              y={HEIGHT - all}
              width={BAR}
              height={Math.max(0, all - bad - limited)}
              className="fill-good"
            />
            <rect
              x={x}
              y={HEIGHT - bad - limited}
              width={BAR}
              height={limited}
              className="fill-wait"
            />
            <rect x={x} y={HEIGHT - bad} width={BAR} height={bad} className="fill-bad" />
          </g>
        );
      })}
    </svg>
  );
}
