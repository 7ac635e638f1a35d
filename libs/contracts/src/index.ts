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
