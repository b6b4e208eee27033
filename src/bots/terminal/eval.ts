import type { Core } from '../../core/core.ts'
import type { Output } from './output.ts'

export async function runEvalCommand(
  _core: Core,
  _file: string,
  _options: { out?: string },
  _output: Output,
  _signal: AbortSignal,
): Promise<number> {
  throw new Error('being written')
}
