// Who may read a page: every layer must be satisfied — the space's, each restricted ancestor's, its own. Pure.

/** One page or folder of a space, as the permission census saw it. */
export type ContentNode = {
  parentId: string | undefined
  /** Its own read restriction: none, read, or there but unreadable. */
  restriction: 'none' | 'known' | 'unknown'
}

export type Carriers = {
  /** Ids of the content whose restriction applies, the content itself first, then upwards. */
  restricted: string[]
  /** Ids whose restriction or place in the tree could not be read: nobody satisfies their layer. */
  unknown: string[]
}

/** The carriers of the layers that stand between a viewer and `contentId`, beside the space's own layer. */
export function resolveCarriers(contentId: string, tree: ReadonlyMap<string, ContentNode>): Carriers {
  const carriers: Carriers = { restricted: [], unknown: [] }
  const seen = new Set<string>()
  for (let current: string | undefined = contentId; current !== undefined;) {
    const node = tree.get(current)
    if (node === undefined || seen.has(current)) {
      carriers.unknown.push(current)
      break
    }
    seen.add(current)
    if (node.restriction === 'known') carriers.restricted.push(current)
    if (node.restriction === 'unknown') carriers.unknown.push(current)
    current = node.parentId
  }
  return carriers
}
