const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text as it may stand in XML and HTML, also within an attribute. */
export const escapeXml = (text: string): string => text.replaceAll(/[&<>"']/g, (found) => entities[found] ?? found)
