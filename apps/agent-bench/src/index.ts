export { answerBenchStep, makeBenchAgents } from './bench-agents.js'
