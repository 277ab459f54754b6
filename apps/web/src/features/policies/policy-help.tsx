import { ROUTE_CONDITION_FIELDS } from "@nofx/core/model-router/conditions";

const STRATEGIES = [
  ["cost", "the cheapest that can"],
  ["latency", "the quickest by what was measured; percentile p50 or p95"],
  ["quality", "the best by your judgement"],
  ["balanced", "all of these, by weights {cost, latency, quality}"],
  ["weighted", "targets [{model, weight}]: each its share of calls"],
  ["fallback", "targets [{model}]: the first that can, the others stand in"],
  ["sticky", "the same caller, the same model"],
  ["ab", "experiment and arms [{model, weight}], the same caller in the same arm"],
  ["canary", "canary, percent and stable: a few calls for a newcomer"],
] as const;

/** What a document may consist of, and what a condition may read. */
export function PolicyHelp() {
  return (
    <details className="text-xs">
      <summary className="text-soft hover:text-text">What it can say</summary>
      <div className="mt-1 grid gap-3 rounded-md border border-line bg-muted p-2 md:grid-cols-2">
        <dl>
          {STRATEGIES.map(([name, means]) => (
            <div key={name}>
              <dt className="inline font-mono">{name}</dt>
              <dd className="ml-2 inline text-soft">{means}</dd>
            </div>
          ))}
          <p className="mt-2 text-soft">
            among limits a strategy to [{"{"}model{"}"}], provider/* is all of one. A rule&apos;s
            allow binds also callers who name a model.
          </p>
        </dl>
        <dl className="max-h-64 overflow-y-auto">
          {Object.entries(ROUTE_CONDITION_FIELDS).map(([name, { type, means }]) => (
            <div key={name}>
              <dt className="inline font-mono">request.{name}</dt>
              <dd className="ml-2 inline text-soft">
                {type}: {means}
              </dd>
            </div>
          ))}
          <div>
            <dt className="inline font-mono">facts.NAME</dt>
            <dd className="ml-2 inline text-soft">what the caller says of the call</dd>
          </div>
        </dl>
      </div>
    </details>
  );
}
