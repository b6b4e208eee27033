// The other side of worker-thread.ts: reads one file after the other, and has nothing else (no environment, no output).
import { parentPort } from 'node:worker_threads'
import type { AttachmentFile, ExtractLimits } from './outcome.ts'
import { readAttachment } from './read-attachment.ts'

export type WorkerTask = { file: AttachmentFile; limits: ExtractLimits }

parentPort?.on('message', ({ file, limits }: WorkerTask) => {
  void readAttachment(file, limits).then((outcome) => parentPort?.postMessage(outcome, []))
})
