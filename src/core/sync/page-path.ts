// What stands above a page: pages, folders and the like. Pure.

export type Placed = { parentId?: string | undefined; title: string }
/** Top first. */
export type PagePath = { ancestorIds: string[]; ancestorTitles: string[] }

const nothing: PagePath = { ancestorIds: [], ancestorTitles: [] }

/** Says the path of each page of a tree; it begins below what the tree does not hold. Pages in one place share theirs. */
export function createPathFinder(tree: ReadonlyMap<string, Placed>): (pageId: string) => PagePath {
  const below = new Map<string, PagePath>()
  return (pageId) => {
    const parentId = tree.get(pageId)?.parentId
    if (parentId === undefined) return nothing
    const path = below.get(parentId) ?? walkUp(parentId, tree)
    below.set(parentId, path)
    return path.ancestorIds.includes(pageId) ? walkUp(parentId, tree, pageId) : path
  }
}

/** From a parent upwards, itself included; ends where it comes by again. */
function walkUp(parentId: string, tree: ReadonlyMap<string, Placed>, pageId?: string): PagePath {
  const path: PagePath = { ancestorIds: [], ancestorTitles: [] }
  const seen = new Set(pageId === undefined ? [] : [pageId])
  let id: string | undefined = parentId
  for (let node = tree.get(id); node !== undefined && !seen.has(id);) {
    seen.add(id)
    path.ancestorIds.push(id)
    path.ancestorTitles.push(node.title)
    id = node.parentId
    if (id === undefined) break
    node = tree.get(id)
  }
  path.ancestorIds.reverse()
  path.ancestorTitles.reverse()
  return path
}
