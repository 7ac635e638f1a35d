import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { makeCorpus, type Corpus } from './make-corpus.js'
import { parsePolicyDocument } from './policy-document.js'

/** Reads every `<id>.md` of a folder. Rejects when one is no policy document, or when there is none. */
export const loadCorpus = async (folder: string): Promise<Corpus> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort()
  if (names.length === 0) throw new Error('the folder of policies holds none')
  const documents = names.map(async (name) =>
    parsePolicyDocument(name.slice(0, -'.md'.length), await readFile(path.join(folder, name), 'utf8')),
  )
  return makeCorpus(await Promise.all(documents))
}
