import type { Scope } from '../../db/schema/connections.ts'

/** Keys of the spaces that a scope names; undefined for all that the credential sees. */
export function namedSpaceKeys(scope: Scope): string[] | undefined {
  if (scope.kind === 'all' || (scope.kind === 'cql' && scope.keys.length === 0)) return undefined
  return 'keys' in scope ? scope.keys : [scope.spaceKey]
}
