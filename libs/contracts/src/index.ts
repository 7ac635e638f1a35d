export {
  contract,
  contractById,
  contractId,
  contractIds,
  hostileMembers,
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
  ArtifactView,
  CheckpointDiff,
  CheckpointPage,
  CheckpointView,
  DeadLetterPage,
  DiffMember,
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
export { ProblemDocument, ProblemMember } from './http/problem-document.js'
export { CancelRun, DecideGate, ForkRun, ResumeRun } from './http/run-commands.js'
export {
  ErrorView,
  ForkedFromView,
  GateDecision,
  ItemsView,
  RunAccepted,
  RunCommandAccepted,
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
export { SwitchTrigger, TriggerErrorView, TriggerPage, TriggerView } from './http/trigger-views.js'
