// Standard Schema v1 (standardschema.dev), as far as topics need it: what zod, valibot, arktype and others all offer under
// '~standard'. Written out here as its authors recommend, so that nobody's package is needed for the types.

export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown, ...rest: never[]) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a message's value does not fit, in the schema's own words. */
export class SchemaMismatch extends Error {
  readonly issues: readonly SchemaIssue[]

  constructor(issues: readonly SchemaIssue[]) {
    super(issuesInWords(issues))
    this.name = 'SchemaMismatch'
    this.issues = issues
  }
}

/** `items.2.price: expected number`, one after the other. */
function issuesInWords(issues: readonly SchemaIssue[]): string {
  return issues
    .map(({ message, path }) => (path?.length ? `${path.map(step).join('.')}: ${message}` : message))
    .join('; ')
}

function step(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment)
}
