// What is believed for a while without asking again. Knows no clock: whoever asks or remembers says when it is.

export type Memory<T> = {
  find(key: string, now: Date): T | undefined
  /** Replaces what was remembered under the key. When the memory is full, what was remembered first goes. */
  remember(key: string, value: T, now: Date): void
  forget(key: string): void
}

/** An entry is found until `lifetimeMs` after it was remembered. */
export function createMemory<T>({ lifetimeMs, maxEntries }: { lifetimeMs: number; maxEntries: number }): Memory<T> {
  const entries = new Map<string, { value: T; until: number }>()
  return {
    find(key, now) {
      const known = entries.get(key)
      if (known === undefined || known.until > now.getTime()) return known?.value
      entries.delete(key)
      return undefined
    },
    remember(key, value, now) {
      entries.delete(key)
      const [oldest] = entries.keys()
      if (entries.size >= maxEntries && oldest !== undefined) entries.delete(oldest)
      entries.set(key, { value, until: now.getTime() + lifetimeMs })
    },
    forget: (key) => void entries.delete(key),
  }
}
