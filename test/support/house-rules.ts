// What one source file may import and contain: the rules of ARCHITECTURE.md that a parser can see. Pure; the paths are
// relative to the project and decide which rules hold.
import { posix } from 'node:path'
import { Visitor, parseSync } from 'oxc-parser'

export type SourceFile = { path: string; text: string }

type Import = { specifier: string; isType: boolean; isDynamic: boolean }

/** What a file under the first prefix that fits may import of ours; everything else of ours is refused. */
const boundaries: { from: string; to: string[]; typesOf?: string[] }[] = [
  { from: 'src/main.ts', to: ['src/program.ts'] },
  { from: 'src/program.ts', to: ['src/', 'sandbox/'] },
  { from: 'src/errors.ts', to: [] },
  { from: 'src/', to: ['src/errors.ts'] },
  { from: 'src/core/confluence/', to: ['src/core/confluence/', 'src/errors.ts', 'src/log.ts'] },
  { from: 'src/core/content/', to: ['src/core/content/', 'src/errors.ts', 'src/log.ts'] },
  // A query that reads content takes the reader's reach, which only core/access makes.
  { from: 'src/db/', to: ['src/db/', 'src/errors.ts', 'src/log.ts'], typesOf: ['src/core/access/reach.ts'] },
  { from: 'src/core/', to: ['src/core/', 'src/db/', 'src/errors.ts', 'src/log.ts', 'src/config.ts'] },
  { from: 'src/web/', to: ['src/web/', 'src/core/', 'src/db/', 'src/errors.ts', 'src/log.ts', 'src/config.ts'] },
  { from: 'src/bots/', to: ['src/bots/', 'src/core/', 'src/errors.ts', 'src/log.ts', 'src/config.ts'] },
  { from: 'sandbox/', to: ['sandbox/'] },
]

/** Packages whose end, or whose next major version, must cost one file. Patterns match the whole specifier. */
const confined: { name: RegExp; to: string[]; typesTo?: string }[] = [
  { name: /^@slack\//, to: ['src/bots/slack/app.ts'] },
  { name: /^(botbuilder|botframework)/, to: ['src/bots/teams/app.ts'] },
  { name: /^@anthropic-ai\//, to: ['src/core/answer/claude.ts'] },
  // embedded.ts uses pg-boss's own adapter for PGlite.
  { name: /^pg-boss/, to: ['src/core/jobs/queue.ts', 'src/db/embedded.ts'], typesTo: 'src/db/' },
  { name: /^node-cron/, to: ['src/core/jobs/schedule.ts'] },
  { name: /^(drizzle-orm|postgres|pgvector|@electric-sql)(\/|-|$)/, to: ['src/db/'] },
]

const maxLines = 300

/** Sentences that say what is wrong with a file, each beginning with its path; empty for a good one. */
export function findViolations({ path, text }: SourceFile): string[] {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) return [`${path} cannot be parsed: ${errors[0]?.message}`]
  const found: string[] = []
  const imports: Import[] = []
  const isProduct = path.startsWith('src/')
  const isTest = path.startsWith('test/')
  const mayReadEnvironment = path === 'src/program.ts' || path === 'src/config.ts'
  const add = (source: { type: string; value?: unknown }, isType: boolean, isDynamic = false): void => {
    if (source.type === 'Literal' && typeof source.value === 'string')
      imports.push({ specifier: source.value, isType, isDynamic })
    else found.push('imports something whose name only shows when it runs')
  }
  new Visitor({
    ImportDeclaration: (node) => {
      const areTypes = node.specifiers.map((each) => each.type === 'ImportSpecifier' && each.importKind === 'type')
      add(node.source, node.importKind === 'type' || (areTypes.length > 0 && areTypes.every(Boolean)))
      const isProcess = /^(node:)?process$/.test(node.source.value)
      if (isProcess && isProduct) found.push('imports process instead of using the global, where reads of env are seen')
    },
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) add(node.source, node.exportKind === 'type')
      if (isProduct && node.specifiers.some(({ exported }) => nameOf(exported) === 'default'))
        found.push('has a default export')
    },
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ExportDefaultDeclaration: () => void (isProduct && found.push('has a default export')),
    ImportExpression: (node) => add(node.source, false, true),
    TSImportType: (node) => add(node.source, true),
    MemberExpression: (node) => {
      const property = nameOf(node.property)
      const object = nameOf(node.object)
      if (isProduct && !mayReadEnvironment && property === 'env' && object === 'process')
        found.push('reads process.env')
      if (isTest && property === 'only') found.push('runs only a part of its tests')
      if (isTest && object === 'vi' && /^(do)?mock$/i.test(property ?? '')) found.push(`calls vi.${property}`)
    },
    VariableDeclarator: ({ id, init }) => {
      if (isProduct && id.type === 'ObjectPattern' && nameOf(init) === 'process') found.push('takes process apart')
    },
    TaggedTemplateExpression: ({ tag }) => {
      if (isProduct && /^sql\b/.test(textOf(text, tag)) && !path.startsWith('src/db/')) found.push('writes SQL')
    },
  }).visit(program)
  found.push(...imports.flatMap((each) => refuseImport(path, each)))
  const lines = text.split('\n').length - 1
  if (isProduct && lines > maxLines) found.push(`has ${lines} lines, over ${maxLines}`)
  return found.map((sentence) => `${path} ${sentence}`)
}

function refuseImport(path: string, { specifier, isType, isDynamic }: Import): string[] {
  if (!specifier.startsWith('.')) return refusePackage(path, specifier, isType)
  const target = posix.join(posix.dirname(path), specifier)
  const [rule] = boundaries
    .filter(({ from }) => path.startsWith(from))
    .toSorted((a, b) => b.from.length - a.from.length)
  if (rule === undefined) return []
  const isAllowed =
    startsWithAny(target, rule.to) || (isType && rule.typesOf !== undefined && startsWithAny(target, rule.typesOf))
  if (!isAllowed) return [`imports ${target}`]
  // Loaded only when a demo is asked for.
  if (path.startsWith('src/') && target.startsWith('sandbox/') && !isDynamic) return [`imports ${target} at once`]
  const platform = /^src\/bots\/(slack|teams|terminal)\//
  const own = platform.exec(path)?.[1]
  const other = platform.exec(target)?.[1]
  if (own !== undefined && other !== undefined && own !== other) return [`imports ${target} of another platform`]
  const makesReach = target === 'src/core/access/reach.ts' && !isType && !path.startsWith('src/core/access/')
  return makesReach && path.startsWith('src/') ? ['makes a reach of its own'] : []
}

function refusePackage(path: string, specifier: string, isType: boolean): string[] {
  if (!path.startsWith('src/')) return []
  const rule = confined.find(({ name }) => name.test(specifier))
  if (rule === undefined || startsWithAny(path, rule.to)) return []
  return isType && rule.typesTo !== undefined && path.startsWith(rule.typesTo) ? [] : [`imports ${specifier}`]
}

function startsWithAny(path: string, prefixes: string[]): boolean {
  return prefixes.some((prefix) => path.startsWith(prefix))
}

type Node = { type: string; name?: unknown; value?: unknown; property?: unknown }

/** The last name of `a`, `x.a`, `x['a']`; undefined for anything else. */
function nameOf(node: Node | null): string | undefined {
  if (node === null) return undefined
  if (node.type === 'MemberExpression') return nameOf(node.property as Node)
  const name = node.type === 'Literal' ? node.value : node.name
  return typeof name === 'string' ? name : undefined
}

function textOf(text: string, { start, end }: { start: number; end: number }): string {
  return text.slice(start, end)
}
