import type { Block } from '../../../src/core/content/block.ts'
import { defaultLimits, type ExtractLimits, type ExtractOutcome } from '../../../src/core/attachments/outcome.ts'
import { readAttachment } from '../../../src/core/attachments/read-attachment.ts'

/** Reads in this thread. */
export function read(
  bytes: Uint8Array | string,
  name = 'file',
  { mediaType = '', ...limits }: Partial<ExtractLimits> & { mediaType?: string } = {},
): Promise<ExtractOutcome> {
  const file = { name, mediaType, bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes }
  return readAttachment(file, { ...defaultLimits, ...limits })
}

export async function readBlocks(bytes: Uint8Array | string, name = 'file'): Promise<Block[]> {
  const outcome = await read(bytes, name)
  if (outcome.kind !== 'extracted') throw new Error(JSON.stringify(outcome), { cause: outcome })
  return outcome.blocks
}
