"use client";

import { Button } from "@nofx/ui/primitives/button";
import { Label, Textarea } from "@nofx/ui/primitives/input";
import { Pencil } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { parseObject } from "./parse-object.ts";

/** Arguments that may be edited as JSON. Closed until asked for; what is not changed is not sent. */
export function useJsonField(given: Record<string, unknown> | undefined) {
  const original = JSON.stringify(given ?? {}, null, 2);
  const [text, setText] = useState(original);
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string>();
  return {
    text,
    open,
    problem,
    changed: open && text !== original,
    edit: () => setOpen(true),
    type: (next: string) => {
      setText(next);
      setProblem(undefined);
    },
    reset: () => {
      setText(original);
      setProblem(undefined);
      setOpen(false);
    },
    /** The edited value; undefined when nothing was changed; "wrong" when it cannot be read, and then says why. */
    read(): Record<string, unknown> | undefined | "wrong" {
      if (!open || text === original) return undefined;
      const parsed = parseObject(text);
      if ("value" in parsed) return parsed.value;
      setProblem(parsed.problem);
      return "wrong";
    },
  };
}

interface Props {
  field: ReturnType<typeof useJsonField>;
  label: string;
  /** What follows from a change. */
  changedHint: string;
}

export function JsonField(props: Props) {
  if (props.field.open) return <Editor {...props} />;
  return (
    <div>
      <Button size="sm" onClick={props.field.edit}>
        <Pencil aria-hidden />
        Edit the arguments
      </Button>
    </div>
  );
}

function Editor({ field: { text, problem, changed, type, reset }, label, changedHint }: Props) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => area.current?.focus(), []);
  useEffect(() => {
    if (problem !== undefined) area.current?.focus();
  }, [problem]);
  return (
    <div className="flex flex-col gap-1">
      <div className="flex items-end justify-between gap-2">
        <Label htmlFor={id}>{label}</Label>
        <Button size="sm" variant="ghost" onClick={reset}>
          Keep them as they were
        </Button>
      </div>
      <Textarea
        ref={area}
        id={id}
        rows={Math.min(16, Math.max(5, text.split("\n").length))}
        spellCheck={false}
        value={text}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-hint`}
        onChange={(event) => type(event.target.value)}
        className="font-mono text-xs"
      />
      <p id={`${id}-hint`} className="min-h-4 text-xs">
        {problem !== undefined ? (
          <span role="alert" className="text-bad">
            {problem}
          </span>
        ) : (
          changed && <span className="text-wait">{changedHint}</span>
        )}
      </p>
    </div>
  );
}
