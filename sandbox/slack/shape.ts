// Small checks that compose: a value and where it stands → what is wrong with it, as sentences. Empty: nothing.

export type Check = (value: unknown, at: string) => string[]

export function string({ max, min = 1, pattern }: { max?: number; min?: number; pattern?: RegExp } = {}): Check {
  return (value, at) => {
    if (typeof value !== 'string') return [`${at}: must be a string`]
    if (value.length < min) return [`${at}: must be at least ${min} characters`]
    if (max !== undefined && value.length > max)
      return [`${at}: must be at most ${max} characters, has ${value.length}`]
    return pattern === undefined || pattern.test(value) ? [] : [`${at}: must match ${pattern.source}`]
  }
}

export function number({ min, max }: { min?: number; max?: number } = {}): Check {
  return (value, at) => {
    if (typeof value !== 'number') return [`${at}: must be a number`]
    return (min !== undefined && value < min) || (max !== undefined && value > max) ? [`${at}: out of range`] : []
  }
}

export const boolean: Check = (value, at) => (typeof value === 'boolean' ? [] : [`${at}: must be true or false`])
export const anything: Check = () => []

export function oneOf(...allowed: unknown[]): Check {
  return (value, at) => (allowed.includes(value) ? [] : [`${at}: must be one of ${allowed.join(', ')}`])
}

export function list(item: Check, { min = 0, max = Number.POSITIVE_INFINITY } = {}): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return [`${at}: must be a list`]
    if (value.length < min) return [`${at}: must have at least ${min} items`]
    if (value.length > max) return [`${at}: must have at most ${max} items, has ${value.length}`]
    return value.flatMap((entry, position) => item(entry, `${at}/${position}`))
  }
}

/** Fields that are named in neither are an error, as they are for Slack. */
export function object(required: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  return (value, at) => {
    if (!isObject(value)) return [`${at}: must be an object`]
    const missing = Object.keys(required).filter((field) => value[field] === undefined)
    return [
      ...missing.map((field) => `${at}: ${field} is missing`),
      ...Object.entries(value).flatMap(([field, content]) => {
        const check = required[field] ?? optional[field]
        if (check === undefined) return [`${at}: ${field} is no field of this`]
        return content === undefined ? [] : check(content, `${at}/${field}`)
      }),
    ]
  }
}

/** Chooses by `type`; a type that is not listed is an error. */
export function byType(kinds: Record<string, Check>): Check {
  return (value, at) => {
    if (!isObject(value)) return [`${at}: must be an object`]
    const kind = kinds[String(value['type'])]
    return kind === undefined ? [`${at}: unknown type ${String(value['type'])}`] : kind(value, at)
  }
}

/** The parsed text; the text itself where it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
