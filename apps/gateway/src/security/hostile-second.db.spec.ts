import { declareStorm } from '../testing/hostile/declare-storm.js'

// The other half, for the second process.
declareStorm(1)
