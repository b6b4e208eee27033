/** Titles of the bars of a roadmap, from its `source` parameter: URL-encoded JSON. Unreadable: none. */
export function barTitles(source: string): string[] {
  const lanes = asList(asRecord(decode(source))['lanes'])
  const bars = lanes.flatMap((lane) => asList(asRecord(lane)['bars']))
  return bars.flatMap((bar) => {
    const title = asRecord(bar)['title']
    return typeof title === 'string' && title.trim() !== '' ? [title.replace(/\s+/g, ' ').trim()] : []
  })
}

function decode(source: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(source.replaceAll('+', ' ')))
  } catch {
    return undefined
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
