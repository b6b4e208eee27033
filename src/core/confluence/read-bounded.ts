import { TransientError } from '../../errors.ts'

/** The body as text; rejects with `TransientError` when it is larger than `maxBytes` after decompression. */
export async function readBounded(response: Response, maxBytes: number, host: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of iterateBounded(response, maxBytes, host)) text += decoder.decode(bytes, { stream: true })
  return text + decoder.decode()
}

/** The same as bytes, for files. */
export async function readBoundedBytes(response: Response, maxBytes: number, host: string): Promise<Uint8Array> {
  return new Uint8Array(Buffer.concat(await Array.fromAsync(iterateBounded(response, maxBytes, host))))
}

async function* iterateBounded(response: Response, maxBytes: number, host: string): AsyncGenerator<Uint8Array> {
  if (response.body === null) return
  let receivedBytes = 0
  for await (const bytes of response.body) {
    receivedBytes += bytes.byteLength
    if (receivedBytes > maxBytes)
      throw new TransientError(
        'answer_too_large',
        `${host} sent more than ${maxBytes} bytes in one answer: ask for less.`,
      )
    yield bytes
  }
}
