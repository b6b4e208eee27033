// Passages → an answer in which every statement carries its page, or an abstention. Knows no platform; claude.ts is the
// only importer of the Anthropic SDK.

/** A chunk retrieved for one question. */
export type Passage = {
  /** Our chunk id. */
  chunkId: number
  /** Confluence's page id. */
  pageId: string
  title: string
  /** The attachment or comment of the page whose text it is: a file's name, or whose comment; absent for the page's own. */
  part?: string
  spaceKey: string
  spaceName: string
  /** Begins with the part's name. */
  headingPath: string[]
  /** Absolute link to the page and, where there is one, its heading; or to the attachment or comment. */
  url: string
  /** When the current version of the page, attachment or comment was made. */
  changedAt: Date
  text: string
  /** Higher is better; comparable within one search only. */
  score: number
}

/** A passage tied to a statement of the answer: `quote` stands verbatim in the passage. */
export type Citation = {
  /** 1, 2, …: the number shown as `[n]`. One number a page and heading, a file's heading, or a comment. */
  n: number
  pageId: string
  title: string
  part?: string
  spaceKey: string
  spaceName: string
  url: string
  changedAt: Date
  quote: string
}

/** One statement of an answer with the numbers of its citations. Never without one. */
export type Statement = { text: string; citations: number[] }

export type Answer = {
  kind: 'answer' | 'abstention'
  /** The whole text: statements with their `[n]` marks, or the sentence of an abstention. Plain text with `- ` lists and fenced code. */
  text: string
  statements: Statement[]
  citations: Citation[]
  /** Pages near the question, offered with an abstention; empty with an answer. */
  nearest: { title: string; spaceKey: string; url: string }[]
  /** Names of the spaces that were searched with the asker's rights. */
  searchedSpaces: string[]
  /** `extract`: sentences quoted exactly. `claude`: written by Claude over the passages. */
  by: 'extract' | 'claude'
  /** A remark for the person, such as that Claude was unavailable and this is an extract. */
  note: string | undefined
}
