import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@flotilla/runtime'
import { expect, onTestFinished, test } from 'vitest'
import { loadSanctionsList } from './load-sanctions-list.js'

test('a broken list is a configuration error that names the line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kyc-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'list.csv')
  await writeFile(path, '1,"A",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n2,"B"\n')
  const error = await loadSanctionsList(path).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  expect(error).toMatchObject({ problems: ['SANCTIONS_LIST_PATH: line 2: 12 columns are expected, 2 found'] })
})

test('a missing list is a configuration error', async () => {
  await expect(loadSanctionsList('/nowhere/list.csv')).rejects.toMatchObject({
    problems: ['SANCTIONS_LIST_PATH: the file cannot be read (ENOENT)'],
  })
})
