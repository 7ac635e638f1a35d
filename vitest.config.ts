import { defaultServerConditions } from 'vite'
import { defineConfig } from 'vitest/config'
import { plantedBugs } from './chaos/planted-bugs/vite-plugin.mjs'

const planted = process.env['PLANTED']
const source = ['@flotilla/source', ...defaultServerConditions]

/** Unit specs need nothing; `*.db.spec.ts` and `*.redis.spec.ts` get real servers from `tools/test-servers.ts`; `e2e/` runs the built fleet. */
export default defineConfig({
  // None, but for the campaign that looks whether the specs notice one.
  plugins: plantedBugs(planted),
  // Specs stand outside the projects' tsconfig.json, from which the transformer would otherwise learn this.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  ssr: { resolve: { conditions: source } },
  test: {
    pool: 'forks',
    // As many as a small machine has cores: the two halves of the simulation side by side.
    maxWorkers: 2,
    setupFiles: ['reflect-metadata'],
    // What is kept does not tell sources with a planted bug from those without.
    fsModuleCache: !planted,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{apps,libs,tools,deploy,chaos}/**/*.spec.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.db.spec.ts', '**/*.redis.spec.ts'],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['{apps,libs,tools,chaos}/**/*.{db,redis}.spec.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: ['tools/test-servers.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
