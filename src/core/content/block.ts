// Storage format (Confluence's XHTML) → blocks → chunks. Pure: values in, values out, no network, no clock.

/** The parsed unit of a page. `text` is readable plain text: lists as `- item`, tables as rows, code unchanged. */
export type Block =
  | { kind: 'heading'; level: 1 | 2 | 3 | 4 | 5 | 6; text: string }
  | { kind: 'paragraph' | 'list' | 'quote'; text: string }
  | { kind: 'code'; text: string; language: string | undefined; title: string | undefined }
  /** `rows` is the table with spans expanded; `headerRows` says how many of them are header. */
  | { kind: 'table'; rows: string[][]; headerRows: number }

/** A link to another page of the same site, by id or by space and title (space undefined: the same space). */
export type PageReference = { pageId: string } | { spaceKey: string | undefined; title: string }

export type ParsedPage = {
  blocks: Block[]
  /** True when the storage format was not well-formed XML and a tolerant parser was used. */
  isDegraded: boolean
  /** Names of macros that held content which was not rendered, each once, sorted. */
  unrenderedMacros: string[]
  references: PageReference[]
}

/** The stored, searchable unit. Chunks of a page cover its blocks in order, exactly once. */
export type Chunk = {
  /** 0, 1, 2, … within the page. */
  ordinal: number
  /** Headings from the top of the page down to this chunk. */
  headingPath: string[]
  /** The nearest heading's text; `.1`, `.2` … appended when an equal heading stands before it. Undefined above the first heading. */
  anchor: string | undefined
  /** Readable text, one block a paragraph (blank line between blocks), tables one row a line. */
  text: string
}
