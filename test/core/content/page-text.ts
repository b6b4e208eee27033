import { parseStorage, type ParseOptions } from '../../../src/core/content/parse-storage.ts'
import { renderText } from '../../../src/core/content/render-text.ts'

/** A page's whole text, blank lines between blocks. */
export function pageText(storage: string, options?: ParseOptions): string {
  return parseStorage(storage, options).blocks.map(renderText).join('\n\n')
}

export function macro(name: string, content = ''): string {
  return `<ac:structured-macro ac:name="${name}" ac:schema-version="1" ac:macro-id="0d1">${content}</ac:structured-macro>`
}

export function parameter(name: string, value: string): string {
  return `<ac:parameter ac:name="${name}">${value}</ac:parameter>`
}

export function richBody(content: string): string {
  return `<ac:rich-text-body>${content}</ac:rich-text-body>`
}

export function plainBody(content: string): string {
  return `<ac:plain-text-body><![CDATA[${content}]]></ac:plain-text-body>`
}
