/**
 * The Standard Schema interface, version 1 (https://standardschema.dev), which zod, valibot, arktype and others
 * implement. Declared here, as the specification invites to, so that no package is needed for it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type TypesOf<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>;
export type SchemaInput<S extends StandardSchema> = TypesOf<S>["input"];
export type SchemaOutput<S extends StandardSchema> = TypesOf<S>["output"];
