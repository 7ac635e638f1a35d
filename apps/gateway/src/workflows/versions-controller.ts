import {
  CheckVersion,
  MigrateRun,
  MigrateRuns,
  MigrationPlanned,
  RunCommandAccepted,
  RunsMigrated,
  VersionCheck,
} from '@flotilla/contracts'
import { Controller, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { bodyOf, principalOf, runIdOf, traceOf } from '../http/caller.js'
import { Route } from '../http/route.js'
import { checkVersion, migrateRun, migrateRuns } from './migrate-runs.js'
import { versionOf } from './register-workflow.js'

const tag = 'versions'

/** Other versions for runs that are under way. */
@Controller()
export class VersionsController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('POST', '/workflows/:name/versions/:version/check', {
    access: ['runs:operate', 'workflows:write'],
    doc: {
      id: 'checkVersion',
      tag,
      summary: 'Compares a version with where live runs stand; changes nothing.',
      body: CheckVersion,
      bodyOptional: true,
      answers: { 200: { description: 'What it would mean for them.', body: VersionCheck } },
      problems: [404, 413, 415],
    },
  })
  check(
    @Req() request: FastifyRequest,
    @Param('name') name: string,
    @Param('version') version: string,
  ): Promise<VersionCheck> {
    const body = bodyOf(CheckVersion, request, {})
    return checkVersion(this.gateway, principalOf(request), { name, version: versionOf(version), body })
  }

  @Route('POST', '/workflows/:name/migrate', {
    access: ['runs:operate'],
    doc: {
      id: 'migrateRuns',
      tag,
      summary: 'Has every live run that can go on under a version; the others keep theirs.',
      body: MigrateRuns,
      answers: { 200: { description: 'Which can, and how many were asked to.', body: RunsMigrated } },
      problems: [404, 413, 415],
    },
  })
  migrateAll(@Req() request: FastifyRequest, @Param('name') name: string): Promise<RunsMigrated> {
    const { traceparent } = traceOf(request)
    const body = bodyOf(MigrateRuns, request)
    return migrateRuns(this.gateway, { principal: principalOf(request), traceparent }, { name, body })
  }

  @Route('POST', '/runs/:runId/migrate', {
    access: ['runs:operate'],
    doc: {
      id: 'migrateRun',
      tag,
      summary: 'Has a run go on under another version of its workflow.',
      body: MigrateRun,
      answers: {
        200: { description: 'With `plan`: whether it can.', body: MigrationPlanned },
        202: { description: 'Asked.', body: RunCommandAccepted },
      },
      problems: [404, 409, 413, 415],
    },
  })
  async migrate(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('runId') runId: string,
  ): Promise<RunCommandAccepted | MigrationPlanned> {
    const { traceparent } = traceOf(request)
    const about = { principal: principalOf(request), runId: runIdOf(runId), traceparent }
    const answer = await migrateRun(this.gateway, about, bodyOf(MigrateRun, request))
    if (!('plan' in answer)) void reply.code(202)
    return answer
  }
}
