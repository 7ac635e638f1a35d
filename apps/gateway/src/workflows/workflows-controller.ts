import { WorkflowPage, WorkflowView } from '@flotilla/contracts'
import type { RunState, WorkflowDefinition } from '@flotilla/engine'
import { Controller, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { GATEWAY, type Gateway } from '../gateway.js'
import { principalOf, queryOf, runIdOf } from '../http/caller.js'
import { textParamDoc } from '../http/params.js'
import { textParam } from '../http/query-params.js'
import { Route, type RouteDoc } from '../http/route.js'
import { findRun } from '../runs/find-run.js'
import type { Diagram } from './diagram.js'
import { readDefinition } from './read-definition.js'
import { listWorkflowViews, registerWorkflow, versionOf } from './register-workflow.js'

const tag = 'workflows'
const svg = 'image/svg+xml'
const graphDoc = (id: string, summary: string, params: RouteDoc['params'] = {}): RouteDoc => ({
  id,
  tag,
  summary,
  params,
  answers: { 200: { description: 'The diagram.', mediaTypes: [svg] } },
  problems: [404],
})
const versionParam = textParamDoc('The version; default the newest.', 10)

/** The catalogue of workflows, and diagrams. */
@Controller()
export class WorkflowsController {
  constructor(@Inject(GATEWAY) private readonly gateway: Gateway) {}

  @Route('GET', '/workflows', {
    access: ['runs:read', 'workflows:write'],
    doc: {
      id: 'listWorkflows',
      tag,
      summary: 'The catalogue: by name, newest version first.',
      answers: { 200: { description: 'The workflows.', body: WorkflowPage } },
    },
  })
  list(@Req() request: FastifyRequest): Promise<WorkflowPage> {
    return listWorkflowViews(this.gateway, principalOf(request).tenantId)
  }

  @Route('GET', '/workflows/:name/versions/:version', {
    access: ['runs:read', 'workflows:write'],
    doc: {
      id: 'readWorkflow',
      tag,
      summary: 'The definition of a version, sub-workflows put in.',
      answers: { 200: { description: 'The definition.', mediaTypes: ['application/json'] } },
      problems: [404],
    },
  })
  async read(
    @Req() request: FastifyRequest,
    @Param('name') name: string,
    @Param('version') version: string,
  ): Promise<WorkflowDefinition> {
    const { tenantId } = principalOf(request)
    return (await this.gateway.catalogue.find(tenantId, name, versionOf(version))).definition
  }

  @Route('PUT', '/workflows/:name/versions/:version', {
    access: ['workflows:write'],
    yaml: true,
    doc: {
      id: 'registerWorkflow',
      tag,
      summary: 'Registers a version of a workflow. A version never changes its content.',
      body: 'any',
      bodyMediaTypes: ['application/json', 'application/yaml'],
      answers: {
        200: { description: 'It was registered before with the same content.', body: WorkflowView },
        201: { description: 'Registered.', body: WorkflowView },
      },
      problems: [404, 409, 413, 415, 422],
    },
  })
  async register(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('name') name: string,
    @Param('version') version: string,
  ): Promise<WorkflowView> {
    const given = readDefinition(request.body, { name, version: versionOf(version) })
    const { created, view } = await registerWorkflow(this.gateway, principalOf(request), given)
    if (created) void reply.code(201).header('location', `/workflows/${encodeURIComponent(name)}/versions/${version}`)
    return view
  }

  @Route('GET', '/workflow/graph.svg', {
    access: ['runs:read'],
    ticket: true,
    doc: graphDoc('drawWorkflowByQuery', 'The diagram of a workflow.', {
      name: textParamDoc('The workflow; default `credit-desk`.'),
      version: versionParam,
    }),
  })
  async graphByQuery(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.draw(request, reply, textParam(queryOf(request), 'name') ?? 'credit-desk')
  }

  @Route('GET', '/workflows/:name/graph.svg', {
    access: ['runs:read'],
    ticket: true,
    doc: graphDoc('drawWorkflow', 'The diagram of a workflow.', { version: versionParam }),
  })
  async graph(@Req() request: FastifyRequest, @Res() reply: FastifyReply, @Param('name') name: string): Promise<void> {
    await this.draw(request, reply, name)
  }

  @Route('GET', '/runs/:runId/graph.svg', {
    access: ['runs:read'],
    ticket: true,
    doc: graphDoc('drawRun', "A run's diagram, coloured by status."),
  })
  async runGraph(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Param('runId') runId: string,
  ): Promise<void> {
    const { tenantId } = principalOf(request)
    const { run } = await findRun(this.gateway, tenantId, runIdOf(runId))
    const definition = await this.gateway.catalogue.byHash(tenantId, run.definitionHash)
    const state: Pick<RunState, 'steps'> = run.view ?? { steps: {} }
    await this.send(request, reply, await this.gateway.diagrams(definition, state))
  }

  private async draw(request: FastifyRequest, reply: FastifyReply, name: string): Promise<void> {
    const { tenantId } = principalOf(request)
    const version = textParam(queryOf(request), 'version')
    const found = await this.gateway.catalogue.find(tenantId, name, version === null ? null : versionOf(version))
    await this.send(request, reply, await this.gateway.diagrams(found.definition, null))
  }

  private async send(request: FastifyRequest, reply: FastifyReply, { svg: text, hash }: Diagram): Promise<void> {
    const etag = `"${hash}"`
    void reply
      .header('etag', etag)
      .header('cache-control', 'private, no-cache')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
    if (request.headers['if-none-match'] === etag) await reply.code(304).send()
    else await reply.header('content-type', svg).send(text)
  }
}
