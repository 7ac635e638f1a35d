export {
  CheckpointContext,
  CheckpointDocument,
  checkpointFormat,
  CheckpointState,
  CheckpointWorkflow,
} from './http/checkpoint-document.js'
export { acceptContract } from './accept-contract.js'
export {
  contract,
  contractById,
  contractId,
  contractIds,
  Nested,
  NestedList,
  parseContract,
  type ContractClass,
  type ParseOptions,
} from './contract.js'
export { errorCodes, type ErrorCode } from './error-codes.js'
export {
  CodedError,
  ContractError,
  invariant,
  InvariantError,
  RetryableError,
  TerminalError,
  type Problem,
} from './errors.js'
export { hostileMembers } from './hostile-members.js'
export { isPostgresAway } from './is-postgres-away.js'
export { AuditEntryView, AuditHeadView, AuditPage } from './http/audit-views.js'
export { whyNoInputSchema } from './input-schema.js'
export { parseWorkflowInput } from './parse-workflow-input.js'
export {
  deadQueueOf,
  isAgentName,
  jobIdOf,
  parseJobId,
  queueOfAgent,
  queueOfDead,
  repliesStream,
  runsQueue,
  type JobKey,
} from './queue/queue-names.js'
export { RunNudge } from './queue/run-nudge.js'
export { StepJob, traceparentPattern, type StepJobBody } from './queue/step-job.js'
export { replyKinds, StepReply, type ReplyKind, type ReplyUsage, type StepReplyBodies } from './queue/step-reply.js'
export { DeadLetterFilter, DeadLettersDone, DeadLetterSelection, DeadLetterView } from './http/dead-letter-selection.js'
export { Nullable } from './http/nullable.js'
export {
  ArtifactPage,
  MapItemPage,
  mapItemStatuses,
  MapItemView,
  ArtifactView,
  CheckpointDiff,
  CheckpointPage,
  CheckpointView,
  DeadLetterPage,
  DiffMember,
  EffectPage,
  effectStatuses,
  EffectView,
  GatePage,
  GateView,
  LivenessView,
  QueueDepth,
  QueuePage,
  QueuePaused,
  QueueView,
  ReadinessView,
  StateView,
  TicketView,
  WorkflowPage,
  WorkflowView,
} from './http/operation-views.js'
export { BlockedView, ChargedAgainView, RecoveryPlanned, RecoveryPlanView } from './http/recovery-plan.js'
export {
  CheckVersion,
  ConcernedRunView,
  MigrateRun,
  MigrateRuns,
  MigrationFindingView,
  MigrationPlanned,
  MigrationPlanView,
  migrationVerdicts,
  RunsMigrated,
  VersionCheck,
} from './http/versions.js'
export { ProblemDocument, ProblemMember } from './http/problem-document.js'
export { CancelRun, DecideGate, ForkRun, ResumeRun } from './http/run-commands.js'
export {
  CauseView,
  ErrorView,
  ForkedFromView,
  GateDecision,
  ItemsView,
  RunAccepted,
  RunCommandAccepted,
  RunErased,
  RunLinks,
  RunPage,
  runStatuses,
  RunView,
  StepView,
  stepStatuses,
  WaitingForView,
  type RunViewStatus,
  type StepViewStatus,
} from './http/run-view.js'
export { StreamedEventPage, StreamedEventView } from './http/streamed-event-view.js'
export { runPriorities, SubmitRun, type RunPriority } from './http/submit-run.js'
export { jsonSchemaOf, type JsonSchema, type JsonSchemaOptions } from './json-schema.js'
export {
  Account,
  amountMax,
  Applicant,
  calendarDayPattern,
  CreditApplication,
  IdentityDocument,
  Loan,
  statementEntriesMax,
  StatementEntry,
} from './credit-desk/application.js'
export {
  CreditFeatures,
  IntakeExtractInput,
  IntakeExtractOutput,
  IntakeFinding,
  IntakeParseInput,
  IntakeParseOutput,
  intakeSeverities,
  type IntakeSeverity,
  StatementBreak,
  type StatementBreakCode,
  statementBreakCodes,
  statementBreaksMax,
  StatementCheck,
} from './credit-desk/intake.js'
export {
  findingSeverities,
  KycApplicant,
  KycDocument,
  KycDocumentCheck,
  KycFinding,
  KycInput,
  KycOutput,
  KycReason,
  type KycReasonCode,
  kycReasonCodes,
  KycScreening,
  type KycVerdict,
  kycVerdicts,
} from './credit-desk/kyc.js'
export {
  FraudFinding,
  FraudIban,
  FraudInflow,
  FraudInput,
  FraudOutput,
  FraudReason,
  fraudSeverities,
  type FraudSeverity,
  FraudStatementBreak,
  FraudStatementCheck,
  FraudVelocity,
  type FraudVerdict,
  fraudVerdicts,
} from './credit-desk/fraud.js'
export {
  IncomeFinding,
  IncomeInput,
  IncomeMetrics,
  IncomeObligation,
  IncomeOutput,
  IncomeReason,
  incomeRegularities,
  type IncomeRegularity,
  IncomeSource,
  type IncomeVerdict,
  incomeVerdicts,
} from './credit-desk/income.js'
export {
  type AffordabilityVerdict,
  affordabilityVerdicts,
  PolicyFraud,
  PolicyIncome,
  PolicyKyc,
  type PolicyOutcome,
  policyOutcomes,
  PolicyReason,
  RiskAffordabilityInput,
  RiskAffordabilityOutput,
  RiskContribution,
  type RiskEvidence,
  riskEvidences,
  RiskFinding,
  RiskPdInput,
  RiskPdOutput,
  RiskPolicyInput,
  RiskPolicyOutput,
  RiskReason,
} from './credit-desk/risk.js'
export {
  LetterAddressee,
  type LetterDecision,
  letterDecisions,
  LetterDocument,
  LetterInput,
  LetterOutput,
  LetterReason,
} from './credit-desk/letter.js'
export { type BenchAgent, benchAgents, BenchDeskInput, BenchStepInput, BenchStepOutput } from './credit-desk/bench.js'
export { BenchBookingInput, BenchBookingOutput } from './credit-desk/bench-booking.js'
export {
  Obligation,
  ObligationFact,
  ObligationMedia,
  obligationSeverities,
  type ObligationSeverity,
  slugPattern,
  TrainingColours,
  TrainingConstraints,
  TrainingFinding,
  TrainingIntakeInput,
  TrainingIntakeOutput,
  trainingPriorities,
  type TrainingPriority,
  TrainingRequest,
} from './training/request.js'
export {
  ActivityMedia,
  type ActivityKind,
  AssessmentQuestion,
  type BloomLevel,
  bloomLevels,
  DesignFeedback,
  LearningActivity,
  LearningObjective,
  ObjectivesFeedback,
  TrainingActivitiesOutput,
  TrainingAssessmentsOutput,
  TrainingDesignInput,
  TrainingObjectivesInput,
  TrainingObjectivesOutput,
} from './training/design.js'
export { AccessibilityIssue, accessibilityRules, AlignmentGap, gapKinds } from './training/review.js'
export {
  AlignmentRow,
  PackageFile,
  TrainingAccessibilityInput,
  TrainingAccessibilityOutput,
  TrainingAlignmentInput,
  TrainingAlignmentOutput,
  TrainingExportInput,
  TrainingExportOutput,
} from './training/check.js'
export { PublishInput, PublishOutput, SignOffDocument, SignOffRequest } from './training/sign-off.js'
export {
  ComplianceCheckRequest,
  ComplianceFinding,
  ComplianceInput,
  ComplianceOutput,
  RoleStanding,
  TrainedPerson,
  TrainingCompletion,
  TrainingRegister,
  TrainingRule,
} from './training/compliance.js'
export { keepForMsDefault, keepForMsMax, PublishSignal, SignalPublished } from './http/publish-signal.js'
export { SwitchTrigger, TriggerErrorView, TriggerPage, TriggerView } from './http/trigger-views.js'
export {
  BriefConstraints,
  BriefQuote,
  briefQuotesMax,
  BriefSource,
  briefSourcesMax,
  ResearchExtractInput,
  ResearchExtractOutput,
  ResearchGatherInput,
  ResearchGatherOutput,
  ResearchPlanInput,
  ResearchPlanOutput,
  ResearchTask,
  ResearchWorkInput,
  ResearchWorkOutput,
} from './policy-brief/source.js'
export {
  BriefOutline,
  briefSectionsMax,
  BriefTemplate,
  OutlineSection,
  ResearchOutlineInput,
  ResearchOutlineOutput,
  type SectionRole,
  sectionRoles,
  TemplateSection,
} from './policy-brief/outline.js'
export {
  BriefDraft,
  Citation,
  CitationProblem,
  type CitationProblemCode,
  citationProblemCodes,
  ComplianceProblem,
  type ComplianceProblemCode,
  complianceProblemCodes,
  DraftSection,
  DraftSentence,
  FinalBrief,
  Quotation,
  ResearchDraftInput,
  ResearchDraftOutput,
  ResearchFinalizeInput,
  ResearchFinalizeOutput,
  ResearchVerifyInput,
  ResearchVerifyOutput,
  StyleGuide,
  VerificationReport,
} from './policy-brief/draft.js'
export {
  ReportReceipt,
  ResearchReport,
  ResearchReportRequest,
  ResearchSendInput,
  ResearchSendOutput,
  ResearchSynthesizeInput,
  ResearchSynthesizeOutput,
} from './policy-brief/research-report.js'
export {
  passagesMax,
  RagPassage,
  ragProblemCodes,
  ResearchAugmentInput,
  ResearchAugmentOutput,
  ResearchGenerateInput,
  ResearchGenerateOutput,
  ResearchValidateInput,
  ResearchValidateOutput,
  SequentialRagRequest,
} from './policy-brief/sequential-rag.js'
export { BriefRequest, DraftingPhaseInput, PolicyBriefRequest } from './policy-brief/policy-brief.js'
export {
  ActionRequest,
  NoticeReceipt,
  ProposedAction,
  ResearchExecuteInput,
  ResearchExecuteOutput,
  ResearchProposeInput,
  ResearchProposeOutput,
} from './policy-brief/proposed-action.js'
export {
  ReactConversation,
  ReactMessage,
  ReactQuestion,
  type ReactTool,
  reactTools,
  ResearchActInput,
  ResearchActOutput,
  ResearchReasonInput,
  ResearchReasonOutput,
  ToolCall,
} from './policy-brief/react.js'
export {
  ContractAnalysisRequest,
  ContractClause,
  ContractFacts,
  ContractFinding,
  type ContractFindingCode,
  contractFindingCodes,
  ContractsExtractInput,
  ContractsExtractOutput,
  ContractsReportInput,
  ContractsReportOutput,
  ContractsRiskAssessInput,
  ContractsRiskAssessOutput,
  ContractsSplitInput,
  ContractsSplitOutput,
} from './policy-brief/contract-analysis.js'
export {
  DocumentEntity,
  DocumentRequest,
  EnrichInput,
  Enrichment,
  EnrichOutput,
  entityKinds,
  ExtractEntitiesInput,
  ExtractEntitiesOutput,
  IngestedDocument,
  SummarizeInput,
  SummarizeOutput,
} from './documents/documents.js'
export {
  DeliveryAccepted,
  DeliveryPage,
  deliveryStatuses,
  DeliveryView,
  RegisterWebhook,
  RotateSecret,
  secretOverlapMsDefault,
  secretOverlapMsMax,
  toldTypes,
  WebhookAttempt,
  WebhookCreated,
  WebhookPage,
  WebhookView,
} from './http/webhook-views.js'
export { HookAnswer, HookCreated, HookPage, HookSignal, HookStart, HookView, RegisterHook } from './http/hook-views.js'
