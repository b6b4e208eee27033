import { createHash } from 'node:crypto'
import type { Chunk } from './block.ts'

/** Part of every fingerprint: raise it when the same chunks must be indexed anew. */
const FORMAT = 1

/** Sha-256 (hex) of everything that search stores of a page; equal means unchanged. */
export function fingerprintOf(values: { title: string; ancestorTitles: string[]; chunks: Chunk[] }): string {
  const chunks = values.chunks.map((chunk) => [chunk.headingPath, chunk.anchor ?? null, chunk.text])
  const encoded = JSON.stringify([FORMAT, values.title, values.ancestorTitles, chunks])
  return createHash('sha256').update(encoded).digest('hex')
}
