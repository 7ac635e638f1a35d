import { declareStorm } from '../testing/hostile/declare-storm.js'

declareStorm(0)
