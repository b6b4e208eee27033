import { normaliseProse } from './normalise.ts'
import { resourceText } from './inline.ts'
import type { XmlElement } from './parse-xml.ts'
import { childElements, childNamed, findBelow, rawText } from './xml-tree.ts'

export type Macro = {
  /** Lower case. */
  name: string
  /** A parameter as one line of text, empty when missing; the default parameter is called ''. */
  parameter: (name: string) => string
  parameterElement: (name: string) => XmlElement | undefined
  parameterTexts: () => string[]
  richBody: XmlElement | undefined
  plainBody: string | undefined
}

/** Reads `ac:structured-macro` and its forerunner `ac:macro`, which had `ac:default-parameter`. */
export function macroOf(element: XmlElement): Macro {
  const parameters = new Map<string, XmlElement>()
  for (const child of childElements(element)) {
    if (child.name === 'ac:default-parameter') parameters.set('', child)
    if (child.name === 'ac:parameter') parameters.set(child.attributes['ac:name'] ?? '', child)
  }
  const plainBody = childNamed(element, 'ac:plain-text-body')
  return {
    name: (element.attributes['ac:name'] ?? '').toLowerCase(),
    parameter: (name) => parameterText(parameters.get(name)),
    parameterElement: (name) => parameters.get(name),
    parameterTexts: () => [...parameters.values()].map(parameterText),
    richBody: childNamed(element, 'ac:rich-text-body'),
    plainBody: plainBody && rawText(plainBody),
  }
}

function parameterText(parameter: XmlElement | undefined): string {
  if (parameter === undefined) return ''
  const url = findBelow(parameter, 'ri:url')
  return normaliseProse(url === undefined ? rawText(parameter) : resourceText(url)).trim()
}
