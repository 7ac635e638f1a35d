export { assessIncome } from './assess-income.js'
export { incomeAgent } from './income-agent.js'
