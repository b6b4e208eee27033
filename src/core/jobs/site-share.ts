// How many requests of a site's budget a process may have at a time. Pure.

export type ShareOptions = {
  /** The most requests at a time that the site gets from all processes together. */
  budget: number
  /** Runs at work at the site in all processes, and those of them in this one. At most as many as the budget. */
  running: number
  own: number
  /** The share that this process has had while no run has just begun in it. */
  settledShare: number
  /** A run has begun in this process so short a time ago that others may not have seen it yet. */
  isFresh: boolean
}

/**
 * In proportion to the runs, and the whole budget where there are none elsewhere. While others may still have what is now
 * due to this process it has no more than before, but one. Without a run it only reads on behalf of people: one request at a
 * time beside the runs of others, half of the budget while there are none.
 */
export function resolveShare({ budget, running, own, settledShare, isFresh }: ShareOptions): number {
  if (own === 0) return running === 0 ? Math.ceil(budget / 2) : 1
  if (own >= running) return budget
  const due = Math.max(1, Math.floor((budget * own) / running))
  return isFresh ? Math.min(due, settledShare) : due
}
