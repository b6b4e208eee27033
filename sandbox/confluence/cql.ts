// CQL text → a tree. Knows the grammar only; search.ts knows what the fields mean.

export type Operand = { kind: 'text'; text: string } | { kind: 'call'; name: string; argument: string | undefined }

export type Expression =
  | { kind: 'and' | 'or'; parts: Expression[] }
  | { kind: 'not'; part: Expression }
  | { kind: 'clause'; field: string; operator: string; operands: Operand[] }

export type Query = { where: Expression | undefined; order: { field: string; descending: boolean } | undefined }

export class CqlError extends Error {}

type Token = { text: string; isQuoted: boolean }
type Reader = { tokens: Token[]; position: number }

/** Throws `CqlError` with a sentence on what is wrong. */
export function parseCql(cql: string): Query {
  const reader = { tokens: tokenize(cql), position: 0 }
  const where = peekWord(reader) === 'order' || reader.tokens.length === 0 ? undefined : readOr(reader)
  const order = peekWord(reader) === 'order' ? readOrder(reader) : undefined
  if (reader.position < reader.tokens.length) throw unexpected(reader)
  return { where, order }
}

function tokenize(cql: string): Token[] {
  const pattern = /\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|(!=|!~|>=|<=|[=~<>(),])|([^\s"'=~<>(),!]+))/y
  const tokens: Token[] = []
  for (const text = cql.trimEnd(); pattern.lastIndex < text.length;) {
    const from = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) throw new CqlError(`Unexpected character at position ${from}`)
    const quoted = match[1] ?? match[2]
    tokens.push({
      text: quoted?.replaceAll(/\\(.)/g, '$1') ?? match[3] ?? match[4] ?? '',
      isQuoted: quoted !== undefined,
    })
  }
  return tokens
}

function readOr(reader: Reader): Expression {
  const parts = [readAnd(reader)]
  while (takeWord(reader, 'or')) parts.push(readAnd(reader))
  return parts.length === 1 ? (parts[0] as Expression) : { kind: 'or', parts }
}

function readAnd(reader: Reader): Expression {
  const parts = [readNot(reader)]
  for (;;) {
    // `a not b` is CQL's short form of `a and not b`.
    if (takeWord(reader, 'and')) parts.push(readNot(reader))
    else if (peekWord(reader) === 'not') parts.push(readNot(reader))
    else return parts.length === 1 ? (parts[0] as Expression) : { kind: 'and', parts }
  }
}

function readNot(reader: Reader): Expression {
  if (takeWord(reader, 'not')) return { kind: 'not', part: readNot(reader) }
  if (!takeWord(reader, '(')) return readClause(reader)
  const inner = readOr(reader)
  expectWord(reader, ')')
  return inner
}

function readClause(reader: Reader): Expression {
  const field = take(reader).text.toLowerCase()
  const isNegated = takeWord(reader, 'not')
  if (isNegated || peekWord(reader) === 'in') {
    expectWord(reader, 'in')
    const clause: Expression = { kind: 'clause', field, operator: '=', operands: readList(reader) }
    return isNegated ? { kind: 'not', part: clause } : clause
  }
  const operator = take(reader)
  if (operator.isQuoted || !/^(!?[=~]|[<>]=?)$/.test(operator.text))
    throw new CqlError(`"${operator.text}" is no operator`)
  const clause: Expression = {
    kind: 'clause',
    field,
    operator: operator.text.replace('!', ''),
    operands: [readOperand(reader)],
  }
  return operator.text.startsWith('!') ? { kind: 'not', part: clause } : clause
}

function readList(reader: Reader): Operand[] {
  expectWord(reader, '(')
  const operands = [readOperand(reader)]
  while (takeWord(reader, ',')) operands.push(readOperand(reader))
  expectWord(reader, ')')
  return operands
}

function readOperand(reader: Reader): Operand {
  const token = take(reader)
  if (token.isQuoted) return { kind: 'text', text: token.text }
  if (/^[=~<>(),!]/.test(token.text)) throw new CqlError(`A value is missing before "${token.text}"`)
  if (!takeWord(reader, '(')) return { kind: 'text', text: token.text }
  const argument = peekWord(reader) === ')' ? undefined : take(reader).text
  expectWord(reader, ')')
  return { kind: 'call', name: token.text.toLowerCase(), argument }
}

function readOrder(reader: Reader): Query['order'] {
  expectWord(reader, 'order')
  expectWord(reader, 'by')
  const field = take(reader).text.toLowerCase()
  const descending = takeWord(reader, 'desc')
  if (!descending) takeWord(reader, 'asc')
  return { field, descending }
}

function peekWord(reader: Reader): string | undefined {
  const token = reader.tokens[reader.position]
  return token === undefined || token.isQuoted ? undefined : token.text.toLowerCase()
}

function takeWord(reader: Reader, word: string): boolean {
  if (peekWord(reader) !== word) return false
  reader.position++
  return true
}

function expectWord(reader: Reader, word: string): void {
  if (!takeWord(reader, word)) throw unexpected(reader, word)
}

function take(reader: Reader): Token {
  const token = reader.tokens[reader.position++]
  if (token === undefined) throw new CqlError('The query ends too early')
  return token
}

function unexpected(reader: Reader, expected?: string): CqlError {
  const found = reader.tokens[reader.position]?.text ?? 'the end'
  return new CqlError(`Unexpected "${found}"${expected === undefined ? '' : `, expected "${expected}"`}`)
}
