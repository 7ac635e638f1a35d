/** How a service of this repository is started. */
import path from 'node:path'
import { discoverServices } from './agents.mjs'
import { urlWith } from './database.mjs'
import { binDir, nodeBinary, repoDir } from './paths.mjs'

/**
 * @typedef {{ dir: string, env: NodeJS.ProcessEnv, databaseUrl: string, redisUrl: string, redisUrlFor?: (service: string) => string, secrets: import('./secrets.mjs').Secrets }} ServiceContext
 */
/** @typedef {{ command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv }} ServiceCommand */

/**
 * Each kind of service connects as its own role; none as the owner. In Redis each service is a user of its own.
 * @param {string} name
 * @returns {'flotilla_gateway' | 'flotilla_engine' | 'flotilla_vault'}
 */
const roleOf = (name) =>
  name === 'gateway' ? 'flotilla_gateway' : name === 'orchestrator' ? 'flotilla_engine' : 'flotilla_vault'

/**
 * All built services of the clone. The user's own settings (SANCTIONS_LIST_PATH, OTEL_*, ...) reach every one.
 * @param {ServiceContext} context
 */
export const describeServices = ({ dir, env, databaseUrl, redisUrl, redisUrlFor = () => redisUrl, secrets }) => {
  const appsDir = path.join(repoDir, 'apps')
  return {
    names: discoverServices(appsDir),
    /** @param {string} name @returns {ServiceCommand} */
    commandOf: (name) => ({
      command: nodeBinary(),
      args: [
        // Node lets young objects fill 64 MiB before it looks: an agent that waits kept its start in memory for good.
        ...(name.startsWith('agent-') ? ['--max-semi-space-size=8'] : []),
        '--enable-source-maps',
        '--import',
        '@flotilla/telemetry/register',
        path.join(appsDir, name, 'dist/main.js'),
      ],
      cwd: repoDir,
      env: {
        NODE_ENV: 'production',
        // Servers that the user gave may ask for no password; whoever means production says so by NODE_ENV.
        ...(env.REDIS_URL && env.NODE_ENV !== 'production' ? { DEVELOPMENT_SECRETS: 'allowed' } : {}),
        ...env,
        PATH: `${binDir}${path.delimiter}${env.PATH ?? ''}`,
        DATABASE_URL: urlWith(databaseUrl, { user: roleOf(name), password: secrets.passwords[roleOf(name)] }),
        REDIS_URL: redisUrlFor(name),
        OTEL_SERVICE_NAME: name,
        SEALING_KEYS: JSON.stringify(secrets.sealingKeys),
        HASHING_KEY: secrets.hashingKey,
        ...(name === 'gateway'
          ? {
              AUDIT_SIGNING_KEY: secrets.auditSigningKey,
              AUDIT_HEADS_PATH: env.AUDIT_HEADS_PATH ?? path.join(dir, 'audit-heads.ndjson'),
            }
          : {}),
        FLOTILLA_HOME: dir,
        // Nine processes load much the same modules: compiled code is kept from one start to the next.
        NODE_COMPILE_CACHE: path.join(dir, 'compile-cache'),
      },
    }),
  }
}
