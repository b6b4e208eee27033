// Attachments and comments of a space in a proof or a status. Pure.
import type { SpaceStatus } from './command.ts'

type Counts = Pick<NonNullable<SpaceStatus['parts']>, 'listed' | 'stored' | 'failed' | 'excluded'>

/** `12 of 14 attachments and comments`, `1 left out`, `1 failed`; nothing where there are none. */
export function describePartCounts(parts: Counts | undefined): string[] {
  if (parts === undefined || parts.listed === 0) return []
  return [
    `${parts.stored.toLocaleString('en')} of ${parts.listed.toLocaleString('en')} attachments and comments`,
    ...(parts.excluded > 0 ? [`${parts.excluded.toLocaleString('en')} left out`] : []),
    ...(parts.failed > 0 ? [`${parts.failed.toLocaleString('en')} failed`] : []),
  ]
}
