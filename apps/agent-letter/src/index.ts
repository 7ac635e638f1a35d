export { makeLetterAgent } from './letter-agent.js'
export { writeLetter } from './write-letter.js'
