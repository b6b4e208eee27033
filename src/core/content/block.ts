// Storage format (Confluence's XHTML) → blocks → chunks. Pure: values in, values out, no network, no clock.

/** The parsed unit of a page. `text` is readable plain text: lists as `- item`, tables as rows, code unchanged. */
export type Block =
  /** `anchor`: an anchor that the author put into the heading, a steadier link target than the heading's words. */
  | { kind: 'heading'; level: 1 | 2 | 3 | 4 | 5 | 6; text: string; anchor?: string | undefined }
  /** `isLeadIn`: means little without the block behind it, like the title of an expand or the caption of a table. */
  | { kind: 'paragraph'; text: string; isLeadIn?: boolean | undefined }
  | { kind: 'list' | 'quote'; text: string }
  | { kind: 'code'; text: string; language: string | undefined; title: string | undefined }
  /** `rows` is the table with spans expanded; `headerRows` says how many of them are header. */
  | { kind: 'table'; rows: string[][]; headerRows: number }

/** A page of the same site, by id or by space and title (space undefined: the same space). */
export type PageTarget = { pageId: string } | { spaceKey: string | undefined; title: string }

/** An edge to another page: linked to, or included (shown there with its text, which is not inlined here). */
export type PageReference = PageTarget & { kind: 'link' | 'include' }

/** A file that the page links to or shows; `page` carries it, undefined: this page does. */
export type AttachmentReference = { fileName: string; page: PageTarget | undefined }

export type ParsedPage = {
  blocks: Block[]
  /** True when the storage format was not well-formed XML and a tolerant parser was used. */
  isDegraded: boolean
  /**
   * Names of macros that held content which was not rendered, each once, sorted. Of a page without any block also those
   * that only Confluence can fill in (`children`, `contentbylabel`): they say why it is empty.
   */
  unrenderedMacros: string[]
  references: PageReference[]
  attachments: AttachmentReference[]
}

/** The stored, searchable unit. Chunks of a page cover its blocks in order, exactly once. */
export type Chunk = {
  /** 0, 1, 2, … within the page. */
  ordinal: number
  /** Headings from the top of the page down to this chunk. */
  headingPath: string[]
  /**
   * The author's own anchor in the nearest heading, else that heading's text; `.1`, `.2` … appended when an equal
   * heading stands before it. Undefined above the first heading.
   */
  anchor: string | undefined
  /** Readable text, one block a paragraph (blank line between blocks), tables one row a line. */
  text: string
}
