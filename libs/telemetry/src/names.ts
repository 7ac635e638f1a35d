/**
 * Every name of a span attribute that this project sets, in one place. Sources: OpenTelemetry semantic conventions for
 * messaging (1.44) and GenAI (development), and the older aliases that users' dashboards know.
 */
export const attribute = {
  // GenAI, current names
  genAiOperation: 'gen_ai.operation.name',
  genAiProvider: 'gen_ai.provider.name',
  genAiAgent: 'gen_ai.agent.name',
  genAiWorkflow: 'gen_ai.workflow.name',
  genAiConversation: 'gen_ai.conversation.id',
  genAiRequestModel: 'gen_ai.request.model',
  genAiResponseModel: 'gen_ai.response.model',
  genAiInputTokens: 'gen_ai.usage.input_tokens',
  genAiOutputTokens: 'gen_ai.usage.output_tokens',
  genAiCacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  genAiTool: 'gen_ai.tool.name',
  genAiToolType: 'gen_ai.tool.type',
  // GenAI, older aliases
  aliasAgent: 'genai.agent',
  aliasModel: 'genai.model',
  aliasPromptTokens: 'genai.tokens.prompt',
  aliasCompletionTokens: 'genai.tokens.completion',
  aliasLatencyMs: 'genai.latency_ms',
  aliasCacheHit: 'genai.cache_hit',
  // Workflow
  workflowName: 'workflow.name',
  workflowVersion: 'workflow.version',
  workflowStep: 'workflow.step',
  workflowIteration: 'workflow.iteration',
  workflowRun: 'workflow.run_id',
  workflowStatus: 'workflow.status',
  workflowBranch: 'workflow.branch',
  workflowGate: 'workflow.gate',
  workflowDecision: 'workflow.decision',
  workflowCheckpoint: 'workflow.checkpoint',
  workflowDispatch: 'workflow.dispatch',
  workflowAttempt: 'workflow.attempt',
  // Messaging
  messagingSystem: 'messaging.system',
  messagingOperation: 'messaging.operation.name',
  messagingOperationType: 'messaging.operation.type',
  messagingDestination: 'messaging.destination.name',
  messagingMessageId: 'messaging.message.id',
  messagingConversation: 'messaging.message.conversation_id',
  messagingBatchCount: 'messaging.batch.message_count',
  messagingConsumerGroup: 'messaging.consumer.group.name',
  // Errors
  errorType: 'error.type',
  exceptionType: 'exception.type',
} as const

/** Names of spans that carry a name of their own. */
export const spanName = {
  invokeWorkflow: (workflow: string) => `invoke_workflow ${workflow}`,
  invokeAgent: (agent: string) => `invoke_agent ${agent}`,
  executeTool: (tool: string) => `execute_tool ${tool}`,
  send: (destination: string) => `send ${destination}`,
  receive: (destination: string) => `receive ${destination}`,
  process: (destination: string) => `process ${destination}`,
} as const
