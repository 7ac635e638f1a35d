export { answerBenchStep, benchQueueOf, makeBenchAgents } from './bench-agents.js'
