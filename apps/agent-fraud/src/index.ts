export { assessFraud } from './assess-fraud.js'
export { makeFraudAgent } from './fraud-agent.js'
