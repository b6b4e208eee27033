// What the real connector refuses in a message, as Microsoft documents it (ai-content-labels and
// format-your-bot-messages, 2026). Pure.

export type Refusal = { status: number; code: string; message: string }

/** 100 KB, counted in UTF-16 with everything included. */
const maxMessageBytes = 100 * 1024
const maxCitations = 20

type Json = Record<string, unknown>

export function findRefusal(activity: Json): Refusal | undefined {
  if (JSON.stringify(activity).length * 2 > maxMessageBytes) {
    return { status: 413, code: 'MessageSizeTooBig', message: 'Message size too large' }
  }
  const problem = findProblem(activity)
  return problem === undefined ? undefined : { status: 400, code: 'BadArgument', message: problem }
}

function findProblem(activity: Json): string | undefined {
  if (activity['type'] === 'message' && !hasContent(activity)) return 'message without text or attachments'
  const entities = (activity['entities'] ?? []) as Json[]
  const roots = entities.filter((entity) => entity['type'] === 'https://schema.org/Message')
  if (roots.length > 1) return 'more than one root Message entity'
  const claims = (roots[0]?.['citation'] ?? []) as Json[]
  if (claims.length > maxCitations) return 'more than 20 citations'
  const positions = claims.map((claim) => claim['position'])
  if (new Set(positions).size !== positions.length) return 'citation positions are not unique'
  return claims.map(findClaimProblem).find((problem) => problem !== undefined)
}

function hasContent(activity: Json): boolean {
  return (activity['text'] ?? '') !== '' || ((activity['attachments'] ?? []) as Json[]).length > 0
}

function findClaimProblem(claim: Json): string | undefined {
  const appearance = (claim['appearance'] ?? {}) as Json
  const keywords = (appearance['keywords'] ?? []) as string[]
  if (typeof claim['position'] !== 'number') return 'citation without position'
  if (typeof appearance['name'] !== 'string' || appearance['name'] === '') return 'citation without a name'
  if (appearance['name'].length > 80) return 'citation name over 80 characters'
  if (typeof appearance['abstract'] === 'string' && appearance['abstract'].length > 160)
    return 'citation abstract over 160 characters'
  if (keywords.length > 3 || keywords.some((keyword) => keyword.length > 28)) return 'citation keywords too long'
  return undefined
}
