import { TransientError } from '../../errors.ts'

/** The body as text; rejects with `TransientError` when it is larger than `maxBytes` after decompression. */
export async function readBounded(response: Response, maxBytes: number, host: string): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  const reader = response.body.getReader()
  let text = ''
  let receivedBytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    receivedBytes += value.byteLength
    if (receivedBytes > maxBytes) {
      await reader.cancel()
      throw new TransientError(
        'answer_too_large',
        `${host} sent more than ${maxBytes} bytes in one answer: ask for less.`,
      )
    }
    text += decoder.decode(value, { stream: true })
  }
}
