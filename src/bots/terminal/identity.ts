import type { Viewer } from '../../core/access/resolve-reach.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Asker } from '../question.ts'

/** Whoever has a shell here. */
export const operator: Asker = {
  platform: 'terminal',
  tenantId: 'local',
  userId: 'operator',
  displayName: 'Operator',
  email: undefined,
  kind: 'member',
  isWorkspaceAdmin: true,
}

/** On whose behalf a terminal command reads: `--as` that Confluence user, `--operator` without a filter, else somebody without an account. */
export function viewerOf(options: { as?: string; operator?: boolean }): Viewer {
  if (options.operator !== true) return { kind: 'person', email: options.as?.trim().toLowerCase() }
  if (options.as === undefined) return { kind: 'operator' }
  throw new InvalidInputError(
    'viewer_ambiguous',
    'Use either --as or --operator: the one is a person, the other filters nothing.',
  )
}
