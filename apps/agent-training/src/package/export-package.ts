import { createHash } from 'node:crypto'
import type {
  LearningActivity,
  PackageFile,
  TrainingColours,
  TrainingExportInput,
  TrainingExportOutput,
} from '@flotilla/contracts'
import { escapeXml } from './escape-xml.js'

/**
 * A package for a learning management system: pages, the assessment, captions, and an `imsmanifest.xml` of IMS Content
 * Packaging 1.1.2 with SCORM 1.2's attributes. Each file carries its SHA-256 as metadata in a namespace of our own, which
 * the specification allows within `file`. Same design, same bytes.
 */

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

const fileOf = (path: string, mediaType: string, content: string): PackageFile => ({
  path,
  mediaType,
  sha256: sha256(content),
  bytes: Buffer.byteLength(content),
  content,
})

const mediaHtml = ({ id, media }: LearningActivity): string => {
  if (!media) return ''
  const [path, title] = [escapeXml(media.path), escapeXml(media.title)]
  if (media.kind === 'image') return `<img src="../${path}" alt="${escapeXml(media.alt ?? '')}">\n`
  const track = media.captions ? `<track kind="captions" srclang="en" src="../captions/${id}.vtt" default>` : ''
  return `<video controls title="${title}" src="../${path}">${track}</video>\n`
}

const pageOf = (activity: LearningActivity, { text, background }: TrainingColours): PackageFile => {
  const title = escapeXml(activity.title)
  const body = activity.paragraphs.map((paragraph) => `<p>${escapeXml(paragraph)}</p>\n`).join('')
  return fileOf(
    `pages/${activity.id}.html`,
    'text/html',
    `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>${title}</title>\n` +
      `<style>body { color: ${text}; background: ${background} }</style></head>\n` +
      `<body>\n<h1>${title}</h1>\n${mediaHtml(activity)}${body}</body>\n</html>\n`,
  )
}

const itemXml = (id: string, title: string): string =>
  `      <item identifier="item-${id}" identifierref="res-${id}"><title>${escapeXml(title)}</title></item>\n`

const fileXml = ({ path, sha256: sum, bytes }: PackageFile): string =>
  `      <file href="${escapeXml(path)}"><metadata><fl:checksum algorithm="SHA-256" bytes="${bytes}">${sum}</fl:checksum></metadata></file>\n`

const resourceXml = (id: string, type: 'sco' | 'asset', files: readonly PackageFile[]): string =>
  `    <resource identifier="res-${id}" type="webcontent" adlcp:scormtype="${type}" href="${escapeXml(files[0]?.path ?? '')}">\n` +
  `${files.map(fileXml).join('')}    </resource>\n`

interface Resource {
  readonly id: string
  readonly title: string
  readonly type: 'sco' | 'asset'
  readonly files: readonly PackageFile[]
}

const manifestOf = (input: TrainingExportInput, resources: readonly Resource[]): string => {
  const open = [
    ...(input.openGaps ?? []).map(({ kind, objectiveId }) => `${kind} ${objectiveId ?? ''}`.trim()),
    ...(input.openIssues ?? []).map(({ rule, where }) => `${rule} ${where ?? ''}`.trim()),
  ]
  const accepted = open.map((text) => `    <fl:accepted>${escapeXml(text)}</fl:accepted>\n`).join('')
  const items = resources.map(({ id, title }) => itemXml(id, title)).join('')
  const listed = resources.map(({ id, type, files }) => resourceXml(id, type, files)).join('')
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<manifest identifier="${escapeXml(input.programmeId)}" version="1.0"\n` +
    `  xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"\n` +
    `  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2" xmlns:fl="urn:flotilla:package:1">\n` +
    `  <metadata>\n    <schema>ADL SCORM</schema>\n    <schemaversion>1.2</schemaversion>\n${accepted}  </metadata>\n` +
    `  <organizations default="org">\n    <organization identifier="org">\n` +
    `      <title>${escapeXml(input.title)}</title>\n${items}    </organization>\n  </organizations>\n` +
    `  <resources>\n${listed}  </resources>\n</manifest>\n`
  )
}

/** Builds the package. What a person accepted although it was open is named in the manifest. */
export const exportPackage = (input: TrainingExportInput): TrainingExportOutput => {
  const { objectives, assessments, activities } = input
  const assessment = fileOf(
    'assessment.json',
    'application/json',
    `${JSON.stringify({ objectives, rightToPass: assessments.rightToPass, questions: assessments.questions }, null, 2)}\n`,
  )
  const resources: readonly Resource[] = [
    ...activities.activities.map((activity) => {
      const captions = activity.media?.captions
      const files = [
        pageOf(activity, activities.colours),
        ...(captions ? [fileOf(`captions/${activity.id}.vtt`, 'text/vtt', captions)] : []),
      ]
      return { id: activity.id, title: activity.title, type: 'asset' as const, files }
    }),
    { id: 'assessment', title: 'Assessment', type: 'sco', files: [assessment] },
  ]
  const manifest = manifestOf(input, resources)
  return { manifest, sha256: sha256(manifest), files: resources.flatMap(({ files }) => files) }
}
