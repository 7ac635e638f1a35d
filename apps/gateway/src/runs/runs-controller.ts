import {
  ArtifactPage,
  CancelRun,
  CheckpointDiff,
  CheckpointPage,
  EffectPage,
  ForkRun,
  MapItemPage,
  mapItemStatuses,
  RecoveryPlanned,
  ResumeRun,
  RunAccepted,
  RunCommandAccepted,
  RunErased,
  RunPage,
  runStatuses,
  RunView,
  StateView,
  SubmitRun,
} from '@flotilla/contracts'
import { Controller, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { bodyOf, principalOf, queryOf, runIdOf, traceOf } from '../http/caller.js'
import { cursorParam, limitParam, textParamDoc, wordParamDoc } from '../http/params.js'
import { Route } from '../http/route.js'
import { cancelRun, resumeRun, signalRun, type RunRequest } from './ask-run.js'
import { listRunViews, readRunView } from './find-run.js'
import { eraseRun } from './erase-run.js'
import { forkRun } from './fork-run.js'
import { readIdempotencyKey } from './idempotency.js'
import { listItemViews } from './item-views.js'
import {
  diffCheckpoints,
  listArtifactViews,
  listCheckpointViews,
  listEffectViews,
  readArtifactContent,
  readStateView,
} from './state-views.js'
import { submitRun } from './submit-run.js'

const tag = 'runs'
const personalDoc = 'For who submitted the run, and with the scope pii:read.'

/** Runs: submit, look at, cancel, resume. */
@Controller()
export class RunsController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('POST', '/runs', {
    access: ['runs:write'],
    doc: {
      id: 'submitRun',
      tag,
      summary: 'Submits a run of a workflow. 202 once it is durable.',
      body: SubmitRun,
      params: {
        'Idempotency-Key': {
          in: 'header',
          description: 'The same key and body give the same run for 24 hours.',
          schema: { type: 'string', minLength: 1, maxLength: 255 },
        },
      },
      answers: { 202: { description: 'Accepted; `Location` is the run.', body: RunAccepted } },
      problems: [404, 413, 415, 422],
    },
  })
  async submit(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<RunAccepted> {
    const { gateway } = this
    const idempotencyKey = readIdempotencyKey(request.headers['idempotency-key'])
    const { accepted, replayed } = await submitRun(
      {
        catalogue: gateway.catalogue,
        submit: gateway.submissions.add,
        nudge: gateway.queues.nudge,
        admission: gateway.admission,
        knowsKey: gateway.store.knowsIdempotencyKey,
      },
      {
        principal: principalOf(request),
        body: bodyOf(SubmitRun, request),
        parsedBody: request.body,
        idempotencyKey,
        ...traceOf(request),
      },
    )
    void reply.header('location', accepted.links.self)
    if (replayed) void reply.header('idempotency-replayed', 'true')
    return accepted
  }

  @Route('GET', '/runs', {
    access: ['runs:read'],
    doc: {
      id: 'listRuns',
      tag,
      summary: 'Root runs of the tenant, newest first.',
      params: {
        status: wordParamDoc('Only runs in this status.', runStatuses),
        workflow: textParamDoc('Only runs of this workflow.'),
        tag: textParamDoc('Only runs with this tag.'),
        parent: textParamDoc('The child runs of this run instead of root runs.'),
        cursor: cursorParam,
        limit: limitParam(100, 50),
      },
      answers: { 200: { description: 'A page of runs.', body: RunPage } },
    },
  })
  list(@Req() request: FastifyRequest): Promise<RunPage> {
    return listRunViews(this.gateway, principalOf(request).tenantId, queryOf(request))
  }

  @Route('GET', '/runs/:runId', {
    access: ['runs:read'],
    doc: {
      id: 'readRun',
      tag,
      summary: 'One run.',
      answers: { 200: { description: 'The run.', body: RunView } },
      problems: [404],
    },
  })
  read(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<RunView> {
    return readRunView(this.gateway, principalOf(request).tenantId, runIdOf(runId))
  }

  @Route('GET', '/runs/:runId/state', {
    access: ['runs:read'],
    doc: {
      id: 'readState',
      tag,
      summary: `Shared state and memory of a run. ${personalDoc}`,
      answers: { 200: { description: 'The state.', body: StateView } },
      problems: [404],
    },
  })
  state(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<StateView> {
    return readStateView(this.gateway, { principal: principalOf(request), runId: runIdOf(runId) })
  }

  @Route('GET', '/runs/:runId/checkpoints', {
    access: ['runs:read'],
    doc: {
      id: 'listCheckpoints',
      tag,
      summary: 'Checkpoints of a run, oldest first.',
      answers: { 200: { description: 'The checkpoints.', body: CheckpointPage } },
      problems: [404],
    },
  })
  checkpoints(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<CheckpointPage> {
    return listCheckpointViews(this.gateway, principalOf(request).tenantId, runIdOf(runId))
  }

  @Route('GET', '/runs/:runId/checkpoints/:from/diff/:to', {
    access: ['runs:read'],
    doc: {
      id: 'diffCheckpoints',
      tag,
      summary: `What changed between two checkpoints, each by number or label. ${personalDoc}`,
      answers: { 200: { description: 'The difference.', body: CheckpointDiff } },
      problems: [404],
    },
  })
  diff(
    @Req() request: FastifyRequest,
    @Param('runId') runId: string,
    @Param('from') from: string,
    @Param('to') to: string,
  ): Promise<CheckpointDiff> {
    return diffCheckpoints(this.gateway, { principal: principalOf(request), runId: runIdOf(runId) }, [from, to])
  }

  @Route('GET', '/runs/:runId/items', {
    access: ['runs:read'],
    doc: {
      id: 'listMapItems',
      tag,
      summary: `Items of the maps of a run, in their order. ${personalDoc}`,
      params: {
        step: textParamDoc('Only items of the map with this path.'),
        status: wordParamDoc('Only items in this status.', mapItemStatuses),
        cursor: cursorParam,
        limit: limitParam(1_000, 100),
      },
      answers: { 200: { description: 'The items.', body: MapItemPage } },
      problems: [404],
    },
  })
  items(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<MapItemPage> {
    return listItemViews(this.gateway, { principal: principalOf(request), runId: runIdOf(runId) }, queryOf(request))
  }

  @Route('GET', '/runs/:runId/effects', {
    access: ['runs:read'],
    doc: {
      id: 'listEffects',
      tag,
      summary:
        'The ledger of a run: calls with a consequence outside, and whether they are undone; never their outcomes.',
      answers: { 200: { description: 'The effects, oldest first.', body: EffectPage } },
      problems: [404],
    },
  })
  effects(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<EffectPage> {
    return listEffectViews(this.gateway, principalOf(request).tenantId, runIdOf(runId))
  }

  @Route('GET', '/runs/:runId/artifacts', {
    access: ['runs:read'],
    doc: {
      id: 'listArtifacts',
      tag,
      summary: 'Artifacts of a run, oldest first.',
      answers: { 200: { description: 'The artifacts.', body: ArtifactPage } },
      problems: [404],
    },
  })
  artifacts(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<ArtifactPage> {
    return listArtifactViews(this.gateway, principalOf(request).tenantId, runIdOf(runId))
  }

  @Route('GET', '/runs/:runId/artifacts/:artifactId', {
    access: ['runs:read'],
    doc: {
      id: 'readArtifact',
      tag,
      summary: `The content of an artifact. ${personalDoc}`,
      answers: { 200: { description: 'The content, in its own media type.', mediaTypes: ['*/*'] } },
      problems: [404],
    },
  })
  async artifact(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('runId') runId: string,
    @Param('artifactId') artifactId: string,
  ): Promise<void> {
    const at = { principal: principalOf(request), runId: runIdOf(runId) }
    const { mediaType, body, sha256 } = await readArtifactContent(this.gateway, at, artifactId)
    await reply
      .header('content-type', mediaType.startsWith('text/') ? `${mediaType}; charset=utf-8` : mediaType)
      // What an agent wrote must never run in this origin.
      .header('content-security-policy', "default-src 'none'; sandbox")
      .header('etag', `"${sha256}"`)
      .send(Buffer.from(body))
  }

  @Route('POST', '/runs/:runId/resume', {
    access: ['runs:operate'],
    doc: {
      id: 'resumeRun',
      tag,
      summary: 'Lets a failed or parked run go on, from where it stopped or from a checkpoint.',
      body: ResumeRun,
      bodyOptional: true,
      answers: {
        200: { description: 'With `plan`: what would be done.', body: RecoveryPlanned },
        202: { description: 'Asked.', body: RunCommandAccepted },
      },
      problems: [404, 409, 413, 415, 422],
    },
  })
  async resume(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('runId') runId: string,
  ): Promise<RunCommandAccepted | RecoveryPlanned> {
    const answer = await resumeRun(this.gateway, this.about(request, runId), bodyOf(ResumeRun, request, {}))
    if (!('plan' in answer)) void reply.code(202)
    return answer
  }

  @Route('POST', '/runs/:runId/fork', {
    access: ['runs:operate'],
    doc: {
      id: 'forkRun',
      tag,
      summary: 'Makes a new run that begins at a checkpoint of this one, with the same input or another one.',
      body: ForkRun,
      bodyOptional: true,
      answers: {
        200: { description: 'With `plan`: what would be done.', body: RecoveryPlanned },
        202: { description: 'Accepted; `Location` is the new run.', body: RunAccepted },
      },
      problems: [404, 409, 413, 415],
    },
  })
  async fork(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('runId') runId: string,
  ): Promise<RunAccepted | RecoveryPlanned> {
    const asked = { ...this.about(request, runId), traceId: traceOf(request).traceId }
    const answer = await forkRun(this.gateway, asked, bodyOf(ForkRun, request, {}))
    if (!('plan' in answer)) void reply.code(202).header('location', answer.links.self)
    return answer
  }

  @Route('POST', '/runs/:runId/cancel', {
    access: ['runs:operate', 'runs:write'],
    doc: {
      id: 'cancelRun',
      tag,
      summary: 'Asks a run to stop.',
      body: CancelRun,
      bodyOptional: true,
      answers: { 202: { description: 'Asked.', body: RunCommandAccepted } },
      problems: [404, 409, 413, 415],
    },
  })
  cancel(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<RunCommandAccepted> {
    return cancelRun(this.gateway, this.about(request, runId), bodyOf(CancelRun, request, {}))
  }

  @Route('POST', '/runs/:runId/erase', {
    access: ['runs:erase'],
    doc: {
      id: 'eraseRun',
      tag,
      summary:
        'Destroys the personal data of a run that has ended, of its children and of its forks. They cannot be had again.',
      answers: { 200: { description: 'Erased, now or before.', body: RunErased } },
      problems: [404, 409],
    },
  })
  erase(@Req() request: FastifyRequest, @Param('runId') runId: string): Promise<RunErased> {
    return eraseRun(this.gateway, this.about(request, runId))
  }

  @Route('POST', '/runs/:runId/signals/:name', {
    access: ['runs:write', 'runs:operate'],
    doc: {
      id: 'signalRun',
      tag,
      summary: 'Sends a run a signal with any JSON as its payload; an early one is kept.',
      body: 'any',
      bodyOptional: true,
      answers: { 202: { description: 'Asked.', body: RunCommandAccepted } },
      problems: [404, 409, 413, 415],
    },
  })
  signal(
    @Req() request: FastifyRequest,
    @Param('runId') runId: string,
    @Param('name') name: string,
  ): Promise<RunCommandAccepted> {
    return signalRun(this.gateway, this.about(request, runId), { name, payload: request.body })
  }

  private about(request: FastifyRequest, runId: string): RunRequest {
    return { principal: principalOf(request), runId: runIdOf(runId), traceparent: traceOf(request).traceparent }
  }
}
