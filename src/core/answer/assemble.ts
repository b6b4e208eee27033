// Blocks of Claude's reply → statements, checked one by one as they arrive. Nothing passes that its citations do not
// bear: a block without a citation is dropped, a citation whose text is not in the stored passage is dropped, and a
// statement with a number, identifier or link that its cited text lacks is dropped. Pure but for the state it builds.
import type { Citation, Passage, Statement } from './answer.ts'
import { isConnective, listUnsupported } from './claims.ts'
import { locateQuote, type Numbering, startNumbering, type Support } from './cite.ts'
import { sourceOf } from './prompt.ts'

/** What is needed of a citation of the API, of whatever type. */
export type RawCitation = { type: string; cited_text: string; search_result_index?: number; source?: string }

export type Assembly = {
  /** One finished text block of the reply; returns the statements that it completed. */
  add(text: string, citations: RawCitation[]): Statement[]
  /** The end of the reply. `isCut`: it broke off, so that the sentence under way is given up. */
  finish(isCut: boolean): Statement[]
  statements: Statement[]
  citations: Citation[]
}

type Draft = { text: string; supports: Support[]; isDoubtful: boolean }

export function startAssembly(question: string, passages: Passage[]): Assembly {
  const numbering = startNumbering()
  const statements: Statement[] = []
  let draft: Draft | undefined
  /** Uncited text since the last cited block: a list mark, or words that lead into the next one. */
  let lead = ''

  const close = (): Statement[] => {
    const closing = draft
    draft = undefined
    const statement = closing === undefined ? undefined : finishStatement(closing, numbering)
    if (statement === undefined) return []
    statements.push(statement)
    return [statement]
  }

  const addUncited = (text: string): Statement[] => {
    const mark = /^[.!?…,;:)\]"'”»。！？]+/.exec(text)?.[0] ?? ''
    if (draft !== undefined && lead === '') draft.text += mark
    lead += lead === '' && draft !== undefined ? text.slice(mark.length) : text
    const isOver = /\n/.test(lead) || (draft !== undefined && endsSentence(draft.text))
    const completed = isOver ? close() : []
    if (/[.!?。！？]\s/.test(lead) || lead.includes('\n')) lead = afterLastBreak(lead)
    return completed
  }

  const addCited = (text: string, supports: Support[]): Statement[] => {
    const evidence = [question, ...supports.map(evidenceOf)].join('\n')
    const isContinuation = draft !== undefined && !endsSentence(draft.text) && !/^\s*\n/.test(text)
    if (draft !== undefined && isContinuation && isConnective(lead, evidence)) {
      draft.text += lead + text
      draft.supports.push(...supports)
      lead = ''
      return []
    }
    const completed = close()
    const accepted = acceptLead(lead, evidence)
    draft = { text: (accepted ?? '') + text, supports, isDoubtful: accepted === undefined }
    lead = ''
    return completed
  }

  return {
    statements,
    citations: numbering.citations,
    add(text, raw) {
      const supports = raw.flatMap((citation) => verifyCitation(citation, passages) ?? [])
      if (supports.length > 0) return addCited(text, supports)
      if (raw.length === 0) return addUncited(text)
      // Its citations were false, so the claim goes, and with it what led into it.
      lead = ''
      return close()
    },
    finish(isCut) {
      if (isCut && draft !== undefined && !endsSentence(draft.text)) draft = undefined
      return close()
    },
  }
}

/** The passage and place that a citation names, when its text really stands there. */
export function verifyCitation(citation: RawCitation, passages: Passage[]): Support | undefined {
  if (citation.type !== 'search_result_location' || citation.search_result_index === undefined) return undefined
  const passage = passages[citation.search_result_index]
  if (passage === undefined || citation.source !== sourceOf(passage)) return undefined
  const place = locateQuote(passage.text, citation.cited_text)
  return place === undefined ? undefined : { passage, ...place }
}

function finishStatement(draft: Draft, numbering: Numbering): Statement | undefined {
  const text = cleanText(draft.text)
  if (draft.isDoubtful || !/[\p{L}\p{N}]/u.test(text)) return undefined
  if (listUnsupported(text, draft.supports.map(evidenceOf).join('\n')).length > 0) return undefined
  return { text, citations: [...new Set(draft.supports.map((support) => numbering.cite(support)))] }
}

/** A statement may repeat what its quote says, and what the page's title and headings say about it. */
function evidenceOf({ passage, start, end }: Support): string {
  return [passage.title, ...passage.headingPath, passage.text.slice(start, end)].join('\n')
}

/**
 * What of the uncited lead may stand before the cited text: the list mark, and words that claim nothing of their own.
 * Undefined when leaving the words out would turn the sentence round.
 */
function acceptLead(lead: string, evidence: string): string | undefined {
  const [, mark = '', words = ''] = /^\s*((?:[-*•]|\d+[.)])\s+)?([^]*)$/.exec(lead) ?? []
  const bullet = mark.replace(/^[*•]\s+$/, '- ')
  if (isConnective(words, evidence)) return bullet + words
  return NEGATION.test(words) ? undefined : bullet
}

const NEGATION =
  /(?<!\p{L})(?:not|no|never|none|nobody|without|cannot|nicht|kein\p{L}*|nie|niemals|ohne|ne|pas|jamais|sans|nunca|sin|non|niet|geen)(?!\p{L})|n['’]t(?!\p{L})/iu

function endsSentence(text: string): boolean {
  return /[.!?…。！？:]["'”»)\]]*\s*$|```\s*$|\n\s*$/.test(text)
}

function afterLastBreak(text: string): string {
  return text.split(/\n|(?<=[.!?。！？])\s+/).at(-1) ?? ''
}

/** Plain text: no bold type, headings or citation marks of the model's own. Code stays as it is. */
function cleanText(text: string): string {
  return text
    .split(/(```[^]*?```)/)
    .map((part) => (part.startsWith('```') ? part : cleanProse(part)))
    .join('')
    .trim()
}

function cleanProse(text: string): string {
  return text
    .replace(/\*\*([^*\n]+)\*\*/g, '$1')
    .replace(/^#{1,6} /gm, '')
    .replace(/\s+\[\d+\]|(?<=\p{P})\[\d+\]/gu, '')
}
